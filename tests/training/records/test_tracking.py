"""Weights & Biases, offline for real: what lands on disk, what does not, and what happens without a server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import WandbLogger

from colactl.errors import ConfigError, TrainingError
from colactl.training.records import tracking
from tests.wandb_files import records

KEY = "0123456789abcdef0123456789abcdef01234567"
SENTENCES = ["It sat.", "Sat it the.", "Them ran.", "We ran."]


def a_config(**wandb: Any) -> DictConfig:
    options = {"project": "tests", "entity": None, "name": "the name", "mode": "offline", **wandb}
    config = {"seed": 3, "model": {"name": "small"}, "copy": "${seed}", "logger": {"csv": True, "wandb": options}}
    return OmegaConf.create(config)


def history(folder: Path) -> dict[str, Any]:
    rows = [record.history.item for record in records(folder) if record.WhichOneof("record_type") == "history"]
    return {(item.key or ".".join(item.nested_key)): json.loads(item.value_json) for row in rows for item in row}


def recorded_config(folder: Path) -> dict[str, Any]:
    (run,) = (record.run for record in records(folder) if record.WhichOneof("record_type") == "run")
    return {item.key: json.loads(item.value_json) for item in run.config.update}


def table(folder: Path, name: str) -> list[list[Any]]:
    (path,) = (folder / "wandb").glob(f"offline-run-*/files/media/table/{name}_*.table.json")
    return json.loads(path.read_text())["data"]


def track(folder: Path, config: DictConfig | None = None) -> str:
    logger = tracking.wandb_logger(config or a_config(), folder)
    try:
        assert isinstance(logger, WandbLogger)
        logger.log_metrics({"train_loss": 0.25}, step=7)
        tracking.log_validation(logger, [1, 0, 0, 1], [0.9, 0.1, 0.75, 0.51], SENTENCES)
        return str(logger.version)
    finally:
        tracking.finish(logger)
        wait_until_written(folder)


def wait_until_written(folder: Path) -> None:
    """W&B's service process may still be writing when finish returns; its last records are exit and final."""
    for _ in range(200):
        if any(record.WhichOneof("record_type") == "exit" for record in records(folder)):
            return
        time.sleep(0.05)
    raise AssertionError("Weights & Biases wrote no exit record.")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "WANDB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no.netrc"))  # a developer's own login must not be found


@pytest.fixture
def without_session() -> Iterator[None]:
    """W&B reads its environment once a process: start afresh, and leave nothing behind."""
    import wandb

    wandb.teardown()
    yield
    wandb.teardown()


def test_a_run_is_readable_from_its_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    identifier = track(tmp_path)
    assert (tmp_path / "wandb" / "run_id").read_text().strip() == identifier
    config = recorded_config(tmp_path)
    assert config["copy"] == 3
    assert config["model"] == {"name": "small"}
    logged = history(tmp_path)
    assert logged["train_loss"] == 0.25
    assert logged["trainer/global_step"] == 7
    assert logged["mistakes.nrows"] == 1
    assert table(tmp_path, "mistakes") == [["Them ran.", "unacceptable", "acceptable", 0.75]]
    matrix = {(true, predicted): count for true, predicted, count in table(tmp_path, "confusion_matrix_table")}
    assert matrix == {
        ("unacceptable", "unacceptable"): 1,
        ("unacceptable", "acceptable"): 1,
        ("acceptable", "unacceptable"): 0,
        ("acceptable", "acceptable"): 2,
    }
    assert capfd.readouterr() == ("", "")


def test_two_runs_in_a_process_are_two_even_if_the_first_is_unfinished(tmp_path: Path) -> None:
    import wandb

    settings = wandb.Settings(silent=True, console="off", disable_git=True, x_disable_meta=True)
    alien = wandb.init(mode="offline", dir=str(tmp_path), settings=settings)  # as a notebook may have one
    unfinished = tracking.wandb_logger(a_config(group="the sweep"), tmp_path / "a")
    assert wandb.run is alien
    second = track(tmp_path / "b")
    tracking.finish(unfinished, exit_code=1)
    alien.finish()
    first = (tmp_path / "a" / "wandb" / "run_id").read_text().strip()
    assert len({first, second, alien.id}) == 3
    assert history(tmp_path / "a").get("train_loss") is None
    assert history(tmp_path / "b")["train_loss"] == 0.25
    run, final = (
        next(getattr(record, kind) for record in records(tmp_path / "a") if record.WhichOneof("record_type") == kind)
        for kind in ("run", "exit")
    )
    assert (run.run_id, run.project, run.display_name, run.run_group) == (first, "tests", "the name", "the sweep")
    assert final.exit_code == 1


@pytest.mark.slow
def test_when_off_wandb_is_not_imported(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from omegaconf import OmegaConf
from colactl.training.records import tracking
from tests.wandb_files import records

for options in (None, {"project": "p", "mode": "disabled"}):
    logger = tracking.wandb_logger(OmegaConf.create({"logger": {"wandb": options}}), Path(sys.argv[1]))
    tracking.log_validation(logger, [], [], [])
    tracking.finish(logger)
    assert logger is None
sys.exit("wandb" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_secrets_stay_out_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_session: None) -> None:
    secrets = {"WANDB_API_KEY": KEY, "HF_TOKEN": "hf_notToBeSeen", "DB_PASSWORD": "never-to-be-seen"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    config = a_config()
    config.database = {"password": "${oc.env:DB_PASSWORD}", "url": "sql://me:${oc.env:DB_PASSWORD}@host", "port": 1}
    config.logger.headers = ["${oc.env:HF_TOKEN}", "plain"]
    track(tmp_path, config)
    recorded = recorded_config(tmp_path)
    assert recorded["database"] == {"password": "***", "url": "***", "port": 1}
    assert recorded["logger"]["headers"] == ["***", "plain"]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not [name for name, value in secrets.items() if value.encode() in written]


def test_online_without_a_key_says_how_to_log_in(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, without_session: None
) -> None:
    terminal = pytest.importorskip("wandb.errors.term")
    monkeypatch.setattr(terminal, "_sys_stdin_isatty", lambda: True)
    monkeypatch.setattr(terminal, "_sys_stderr_isatty", lambda: True)
    with pytest.raises(ConfigError, match="key") as caught:
        tracking.wandb_logger(a_config(mode="online"), tmp_path)
    assert "wandb login" in caught.value.hint
    assert "\n" not in caught.value.message
    assert capfd.readouterr() == ("", "")


def test_an_unreachable_server_ends_in_an_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, without_session: None
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nobody listens on the discard port
    monkeypatch.setattr(tracking, "START_TIMEOUT", 1.0)
    with pytest.raises(TrainingError, match="did not start") as caught:
        tracking.wandb_logger(a_config(mode="online"), tmp_path)
    assert "logger.wandb.mode=offline" in caught.value.hint
    assert KEY not in str(caught.value)
    assert capfd.readouterr() == ("", "")


class FaultyRun:
    """Stands for a run whose end hangs or fails."""

    def __init__(self, released: threading.Event | None) -> None:
        self.released = released

    def finish(self, exit_code: int) -> None:  # noqa: ARG002 -- as W&B has it
        if self.released is None:
            raise RuntimeError("the service is gone")
        self.released.wait(30)


def test_finishing_is_bounded_and_never_raises(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tracking, "FINISH_TIMEOUT", 0.1)
    monkeypatch.setattr(tracking, "FINISH_GRACE", 0.1)
    released, start = threading.Event(), time.monotonic()
    tracking.finish(WandbLogger(experiment=FaultyRun(released)))  # type: ignore[arg-type]
    assert time.monotonic() - start < 5
    released.set()
    tracking.finish(WandbLogger(experiment=FaultyRun(None)))  # type: ignore[arg-type]
    assert ["in time" in record.message for record in caplog.records] == [True, False]
