"""The program for a GPU, on a machine that need not have one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.conftest import ROOT
from tests.gpu import checks
from tests.gpu.__main__ import NO_DEVICE, Outcome, report, run
from tests.gpu.bench import Bench, CheckError, Finding, warned
from tests.gpu.checks import Check, compare, economies
from tests.gpu.commands import CommandError, OutOfTimeError, running
from tests.gpu.commands import run as run_command

LOG = """\
2026-11-28 01:26:22,139 INFO colactl.training.devices.settings: Training in 32-true.
2026-11-28 01:26:23,095 WARNING colactl.training.network.economies: cheap dropout is left out: it raised
2026-11-28 01:26:24,096 WARNING py.warnings: /site/torch.py:3: UserWarning: something else
  its second line
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, "cpu", time.monotonic() + 60, time.monotonic() + 30)


def test_without_a_device_it_says_so() -> None:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "tests.gpu", "--json=found.json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{NO_DEVICE}\n", "")
    assert not Path("found.json").exists()


def test_one_failure_does_not_stop_the_rest(tmp_path: Path) -> None:
    now = [0.0]
    deadlines = {}

    def check(name: str, seconds: float, error: Exception | None = None) -> Check:
        def function(bench: Bench) -> Finding:
            deadlines[name] = bench.deadline
            now[0] += seconds
            if error is not None:
                raise error
            return Finding("all is well", {"mcc": 1.0})

        return Check(name, function, 0.5)

    checks = [
        check("good", 10),
        check("wrong", 20, CheckError("not so\nin detail")),
        check("broken", 5, CommandError("colactl train\nexit code 1\nTraceback")),
        check("own fault", 5, KeyError("mcc")),
        check("slow", 10, OutOfTimeError("colactl train\nwas killed\n")),
        check("last", 50, OutOfTimeError("colactl train\nwas killed\n")),
        check("never", 1),
    ]
    outcomes = list(run(checks, tmp_path, "cpu", 100, lambda: now[0]))
    summary = {each.name: (each.status, each.seconds, each.summary) for each in outcomes}
    assert summary == {
        "good": ("done", 10, "all is well"),
        "wrong": ("failed", 20, "not so"),
        "broken": ("failed", 5, "exit code 1"),
        "own fault": ("failed", 5, "'mcc'"),
        "slow": ("failed", 10, "was killed"),
        "last": ("skipped", 50, "was killed"),
        "never": ("skipped", 0, "out of time"),
    }
    assert deadlines == {"good": 50, "wrong": 60, "broken": 80, "own fault": 85, "slow": 90, "last": 100}
    lines = report(outcomes)
    assert lines[1] == "good       done        10.0  all is well"
    assert "Traceback (most recent call last):" in lines[lines.index("own fault failed:") :]
    assert lines[lines.index("broken failed:") :][3] == "Traceback"


def test_notes_come_below_the_table() -> None:
    outcome = Outcome("speed", "done", 1.0, "twice", notes=["one", "two"])
    assert report([outcome])[2:] == ["", "speed:", "one", "two"]


def test_a_command_ends_in_time_with_all_that_it_started(tmp_path: Path) -> None:
    program = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); sys.exit('oh')"
    with running([sys.executable, "-c", program], tmp_path) as command:
        with pytest.raises(CommandError, match=r"exit code 1\noh$"):
            command.done(60)
        child = int((tmp_path / "0.out").read_text())
        os.kill(child, 0)  # it is there
    until = time.monotonic() + 10
    while Path(f"/proc/{child}/cmdline").exists() and Path(f"/proc/{child}/cmdline").read_text():  # a zombie has none
        assert time.monotonic() < until
        time.sleep(0.01)
    with pytest.raises(OutOfTimeError, match=r"was killed after \d s: out of time"):
        run_command(["sleep", "600"], tmp_path, 0.2)


def test_its_environment_finds_what_a_relative_path_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f".site{os.pathsep}.")
    program = "import os; print(os.environ['PYTHONPATH'])"
    (tmp_path / "inner").mkdir()
    done = run_command([sys.executable, "-c", program], tmp_path / "inner", 60)
    assert done.out.strip().split(os.pathsep) == [str(ROOT), str(Path.cwd() / ".site"), str(Path.cwd())]


def test_only_warnings_are_shown() -> None:
    assert warned(LOG) == [
        "WARNING colactl.training.network.economies: cheap dropout is left out: it raised",
        "WARNING py.warnings: /site/torch.py:3: UserWarning: something else",
    ]


def test_an_economy_that_is_left_out_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = bench.folder / "colactl-0"
    with pytest.raises(CheckError, match="did not come to its end"):
        economies(bench)
    folder.mkdir()
    (folder / "train.log").write_text(LOG.replace("economies: cheap dropout is left out", "model: a warning"))
    (folder / "result.json").write_text("{}")
    with pytest.raises(CheckError, match="does not list"):
        economies(bench)
    (folder / "result.json").write_text('{"economies": ["no mask", "rows in use"]}')
    with monkeypatch.context() as patch:
        patch.setattr(checks, "prove_economies", lambda _: {"32-true": {"seconds": 1, "wrong": {}}})
        assert economies(bench).summary == "in force: no mask, rows in use; proved in 32-true 1 s"
        patch.setattr(checks, "prove_economies", lambda _: {"32-true": {"wrong": {"no_mask": "its logits differ"}}})
        with pytest.raises(CheckError, match="its logits differ"):
            economies(bench)
    (folder / "train.log").write_text(LOG)
    with pytest.raises(CheckError, match=r"1 left out\nWARNING .*: cheap dropout"):
        economies(bench)


def test_one_bit_is_a_difference(tmp_path: Path) -> None:
    for name, value in (("one", 1.0), ("same", 1.0), ("other", 1.0 + 2**-23)):
        (tmp_path / name / "checkpoints").mkdir(parents=True)
        (tmp_path / name / "model").mkdir()
        (tmp_path / name / "model" / "model.safetensors").write_bytes(b"weights")
        (tmp_path / name / "metrics.csv").write_text(f"step,loss\n0,{value:.3f}\n")
        states = [{"state": {0: {"exp_avg": torch.ones(2)}}}]
        checkpoint = {"state_dict": {"weight": torch.tensor([0.0, value])}, "optimizer_states": states}
        torch.save(checkpoint, tmp_path / name / "checkpoints" / "last.ckpt")
    assert compare(tmp_path / "one", tmp_path / "same") == []
    assert compare(tmp_path / "one", tmp_path / "other") == ["state_dict: 1 of 1 tensors, .weight by up to 1.2e-07"]
    (tmp_path / "same" / "metrics.csv").write_text("step,loss\n")
    assert compare(tmp_path / "one", tmp_path / "same") == ["metrics.csv"]


@pytest.mark.slow
def test_every_check_passes_on_the_processor(tmp_path: Path) -> None:
    names = ["default", "speed", "resume-default", "resume-bert", "predict", "evaluate", "sweep"]
    try:
        import accelerate  # noqa: F401 - only whether it is there: the Trainer needs it
    except ImportError:
        names.remove("speed")
    # "economies" is left out: which of them prove themselves is a matter of the device.
    command = [sys.executable, "-m", "tests.gpu", "--device=cpu", "--minutes=25", f"--json={tmp_path}/found.json"]
    done = subprocess.run([*command, "--only", *names], cwd=ROOT, capture_output=True, text=True, timeout=1600)
    assert done.returncode == 0, done.stdout
    checks_done = json.loads((tmp_path / "found.json").read_text())["checks"]
    assert [each["name"] for each in checks_done] == names
    assert {each["status"] for each in checks_done} == {"done"}
