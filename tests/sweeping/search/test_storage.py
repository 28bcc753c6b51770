"""Where a study is kept: what a kill leaves of a journal, and what becomes of a password."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from colactl.errors import ConfigError
from colactl.redaction import redacted
from colactl.sweeping.search.storage import PASSWORD, normalised, open_storage
from colactl.sweeping.search.trials import Trials
from tests.sweeping.search.conftest import Begun, states


def test_half_a_line_at_the_journals_end_spoils_nothing(begun: Begun) -> None:
    sweep = begun(trials=3)
    Trials(sweep).begin("a")
    journal = sweep.folder / "study.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":6,"worker_id":"x","trial_')
    assert states(sweep) == ["RUNNING"]
    Trials(sweep).begin("b")
    assert states(sweep) == ["RUNNING", "RUNNING"]
    assert journal.read_bytes().startswith(whole)


def test_a_password_goes_into_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "")
    assert normalised("postgresql://me:hunter22@db/x?sslmode=off") == "postgresql://me@db/x?sslmode=off"
    assert os.environ[PASSWORD] == "hunter22"
    assert redacted("postgresql://me:hunter22@db/x") == "postgresql://me:***@db/x"


def test_a_location_means_the_same_from_elsewhere() -> None:
    here = Path.cwd()
    assert normalised("sqlite:///study.db") == f"sqlite:///{here}/study.db"
    assert normalised("shared/study.log") == f"{here}/shared/study.log"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("sqlite://", "keeps nothing"),
        ("sqlite:///:memory:", "keeps nothing"),
        ("post gres://x", "no storage URL"),
        ("postgresql://db/x?password=hunter22", "before its host"),
    ],
)
def test_what_is_no_storage(location: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        normalised(location)


@pytest.mark.parametrize(
    ("scheme", "module", "package"),
    [("postgresql+psycopg2", "psycopg2", "psycopg2-binary"), ("postgresql+psycopg", "psycopg", "psycopg[binary]")],
)
def test_a_driver_that_is_not_installed(
    scheme: str, module: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match=f"{module} is not installed") as told:
        open_storage(f"{scheme}://me@host/x", tmp_path)
    assert told.value.hint == f"pip install '{package}'"


@pytest.mark.parametrize("location", ["nosuchdb://me@host/x", "sqlite:////nowhere/at/all.db"])
def test_a_storage_that_cannot_be_opened(location: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be opened"):
        open_storage(location, tmp_path)
