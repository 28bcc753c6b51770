"""README's commands, word for word, and what it says elsewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from colactl import __version__
from colactl.cli.app import app
from colactl.sweeping.folder import Sweep, freeze, new_folder
from colactl.sweeping.planning.jobs import plan
from tests.conftest import ROOT
from tests.made_sweeps import made_run, made_sweep, result

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.strip().partition("  #")[0].strip()
    for line in README.splitlines()
    if re.match(r"    (?:[A-Z_]+=\w+ )?(?:colactl |folder=)", line)
]
# Seconds of training, the network or an account: there the words are checked, and the work is told not to start.
LOOKS = ("show-config", "list-groups")


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 15


EVALUATIONS = [command for command in COMMANDS if command.startswith("colactl evaluate")]


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in EVALUATIONS])
def test_a_command_is_understood(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command composes: train is run as the show-config of the same words, sweep with --dry-run.

    Predict reads its words and its input, and only then finds that README's run is not here.
    """
    Path("my_configs").mkdir()
    Path("my_configs/my_config.yaml").write_text("defaults:\n  - config\n")
    Path("my_configs/config.yaml").write_text((ROOT / "configs" / "config.yaml").read_text())
    if command.startswith("colactl train --re"):
        _a_complete_run(Path("outputs/2026-11-23/07-13-22-k3f9"))
    if command.startswith("colactl diff"):
        made_run(Path("outputs/2026-11-23/07-13-22-k3f9"), [], None)
    if command.startswith("colactl runs"):
        made_sweep(Path("multirun/2026-11-23/07-13-22-k3f9"), [("seed=1", result(0.5))])
        made_run(Path("outputs/2026-11-23/07-13-22-k3f9"), [], result(0.5))
    command = re.sub(r"colactl train --rerun (\S+)( --strict)?", r"colactl show-config --config-dir \1", command)
    if command.startswith("colactl sweep --resume"):
        _a_sweep(Path("multirun/2026-11-23/07-13-22-k3f9"))
    Path("sentences.txt").write_text("The cats sleep.\n")
    Path("test.tsv").write_text("index\tsentence\n0\tThe cats sleep.\n")
    command = re.sub(r"^folder=\$\((.*?)\) && .*", r"\1", command).replace("--quiet ", "")
    command = command.replace("colactl sweep", "colactl sweep --dry-run")
    if "--resume" not in command:
        command = command.replace("colactl train", "colactl show-config")
    for name, value in re.findall(r"^([A-Z_]+)=(\w+) ", command):
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, as_a_shell_reads(command))
    if command.startswith("colactl predict"):
        assert (done.exit_code, done.stdout) == (3, "")
        assert "There is no folder 'outputs/2026" in done.stderr
        return
    assert done.exit_code == command.startswith("colactl diff"), done.stderr  # which says so where configs differ
    assert done.stdout


def as_a_shell_reads(command: str) -> list[str]:
    """The words of a command, without its name and the variables before it."""
    line = re.sub(r"^(?:[A-Z_]+=\w+ )?colactl ", r"printf '%s\\0' ", command)
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    return done.stdout.split("\0")[:-1]


def _a_complete_run(folder: Path) -> None:
    (folder / ".hydra").mkdir(parents=True)
    (folder / "config.yaml").write_text("seed: 0\ntraining:\n  max_epochs: 1\n")
    (folder / "status.json").write_text('{"status": "done"}')
    (folder / "result.json").write_text("{}")


def _a_sweep(folder: Path) -> None:
    sweep = Sweep(new_folder(folder, chosen=True))
    with sweep.held():
        freeze(plan(["seed=1,2"]), sweep, ["seed=1,2"], "config", ())


@pytest.mark.parametrize("command", EVALUATIONS)
def test_an_evaluation_lacks_nothing_but_its_runs(command: str) -> None:
    """Its words are parsed and its data is composed before the run is looked for."""
    Path("outputs").mkdir()
    done = CliRunner().invoke(app, shlex.split(command)[1:])
    assert done.exit_code == 3
    assert "There is no folder" in done.stderr


def test_ci_runs_the_second_command_as_it_is_here() -> None:
    first, second = re.findall(r"^    (python3 -m venv .*)$", README, re.MULTILINE)
    assert first == "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/colactl train"
    assert second in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_changelog_knows_the_version() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) >= 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_a_link_within_it_leads_to_a_heading() -> None:
    headings = {
        re.sub(r"[^a-z -]", "", line[3:].lower()).replace(" ", "-") for line in README.splitlines() if line[:3] == "## "
    }
    assert [link for link in re.findall(r"\]\(#([^)]+)\)", README) if link not in headings] == []


def test_the_errors_are_told_as_they_are_here() -> None:
    shown = re.search(r"```console\n\$ colactl (.*?)\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    done = CliRunner().invoke(app, shlex.split(shown[1]))
    assert (done.exit_code, done.stderr) == (2, shown[2])
