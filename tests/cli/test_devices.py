"""Training on several devices, for real: worker processes on the CPU, what they leave, and what is left of them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Completed

pytestmark = pytest.mark.slow
Colactl = Callable[..., Completed]
TWO = ("training=ddp", "training.accelerator=cpu")
ENDLESS = ("training.max_epochs=1000", "callbacks.early_stopping=null")
MARK = "COLACTL_TEST_MARK"
PATIENCE = 60.0  # seconds after a run's end in which its processes must be gone


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A variable that every process of the test inherits, W&B's own ones too; none of them may stay behind."""
    value = uuid4().hex
    monkeypatch.setenv(MARK, value)
    yield value
    end = time.monotonic() + PATIENCE
    while (left := processes(value)) and time.monotonic() < end:
        time.sleep(0.2)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == {}


def processes(mark: str) -> dict[int, str]:
    """Those whose environment has the mark, but for this one and the `ps` that lists them."""
    lines = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True).stdout.splitlines()
    found = {int(line.split(maxsplit=1)[0]): line.split(maxsplit=1)[1] for line in lines if f"{MARK}={mark}" in line}
    return {pid: line for pid, line in found.items() if pid != os.getpid() and not line.startswith("ps ")}


def worker(mark: str, rank: int) -> int:
    (found,) = [
        pid
        for pid, line in processes(mark).items()
        if "colactl.training.loop.worker" in line and f" RANK={rank}" in line and "wandb" not in line.split(" ")[0]
    ]
    return found


def wait_for_metrics(folder: Path, process: subprocess.Popen[Any]) -> None:
    metrics = folder / "metrics.csv"
    while not (metrics.exists() and metrics.read_text()) and process.poll() is None:
        time.sleep(0.1)


@pytest.fixture
def training(mark: str) -> Iterator[subprocess.Popen[str]]:
    """A run on two devices that is past its first step of W&B and metrics, and would not end by itself."""
    command = [sys.executable, "-m", "colactl", "train", "-q", *TWO, *ENDLESS, "hydra.run.dir=mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for_metrics(Path("mine"), process)
        yield process
        if process.poll() is None:
            process.kill()


def result(folder: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(folder, "result.json").read_text())
    return loaded


def losses(folder: str) -> list[float]:
    """The training loss at every tenth step, over all devices."""
    with Path(folder, "metrics.csv").open() as file:
        return [float(row["train/loss"]) for row in csv.DictReader(file) if row["train/loss"]]


def test_two_devices_train_as_one(colactl: Colactl, mark: str) -> None:
    """The default model has no dropout, and two batches of 32 are as large as one of 64."""
    same = ("training.max_epochs=2", "training.log_every_n_steps=10")
    one = colactl("train", "-q", "training.accelerator=cpu", *same, "logger=csv", "hydra.run.dir=one")
    two = colactl("train", "-q", *TWO, *same, "processing.batch_size=32", "hydra.run.dir=two/run")
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert (two.stdout, two.stderr) == (f"{Path('two/run').absolute()}\n", "")
    for figure in ("mcc", "loss"):
        assert result("two/run")[figure] == pytest.approx(result("one")[figure], abs=1e-3)
    assert result("two/run")["steps"] == result("one")["steps"]
    assert len(losses("one")) == 26
    assert losses("two/run") == pytest.approx(losses("one"), abs=1e-3)
    assert [path.name for path in Path("two").iterdir()] == ["run"]
    assert len(list(Path("two/run/wandb").glob("offline-run-*"))) == 1
    assert json.loads(Path("two/run/status.json").read_text())["status"] == "done"


BROKEN = """
import os
from pytorch_lightning import Callback
from colactl.training.network.dropout import CheapDropout

class Broken(Callback):
    def __init__(self):
        if os.environ["RANK"] == "1":
            CheapDropout.forward = None
"""


def test_an_economy_that_is_broken_in_one_process_is_left_out_in_all(colactl: Colactl, mark: str) -> None:
    Path("broken.py").write_text(BROKEN)
    overrides = ("training.limit_train_batches=2", "training.max_epochs=1", "+callbacks.broken._target_=broken.Broken")
    environment = {"PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ["PYTHONPATH"]])}
    done = colactl("train", "-q", *TWO, *overrides, "hydra.run.dir=run", "logger=csv", **environment)
    assert done.returncode == 0, done.stderr
    assert result("run")["economies"] == ["no_mask"]
    line = "The run trains without the economy dropout: it raises TypeError: 'NoneType' object is not callable."
    assert Path("run/train.log").read_text().count(line) == 1


def test_a_killed_worker_fails_the_run(training: subprocess.Popen[str], mark: str) -> None:
    os.kill(worker(mark, 1), signal.SIGKILL)
    out, err = training.communicate(timeout=120)
    assert (training.returncode, out) == (1, "")
    assert err.splitlines()[0] == "colactl: The worker process of device 1 was killed by SIGKILL."
    assert len(err.splitlines()) == 2
    assert json.loads(Path("mine/status.json").read_text())["status"] == "failed"


def test_a_killed_run_takes_its_workers_with_it(training: subprocess.Popen[str], mark: str) -> None:
    training.kill()
    training.wait(timeout=60)
    assert not Path("mine/result.json").exists()  # the mark's fixture sees to the processes


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run(training: subprocess.Popen[str], number: signal.Signals, code: int) -> None:
    training.send_signal(number)
    out, err = training.communicate(timeout=120)
    assert (training.returncode, out) == (code, ""), err
    assert "and saved" in err
    assert "Traceback" not in err
    status = json.loads(Path("mine/status.json").read_text())
    assert (status["status"], status["exit_code"]) == ("interrupted", code)


def test_a_signal_to_all_processes_still_saves(training: subprocess.Popen[str], mark: str) -> None:
    """As Slurm and systemd end a job; its workers are told first."""
    for pid in sorted(processes(mark), reverse=True):
        os.kill(pid, signal.SIGTERM)
    out, err = training.communicate(timeout=120)
    assert (training.returncode, out) == (143, ""), err
    assert "and saved" in err
    assert list(Path("mine/checkpoints").glob("*.ckpt"))


def test_an_interrupted_run_goes_on(colactl: Colactl, mark: str) -> None:
    """Stopped in the middle of an epoch, it ends as if it had not been, in its losses over both devices too."""
    short = (*TWO, "training.max_epochs=2", "training.log_every_n_steps=10", "logger=csv")
    assert colactl("train", "-q", *short, "hydra.run.dir=whole").returncode == 0
    command = [sys.executable, "-m", "colactl", "train", "-q", *short, "hydra.run.dir=parts"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_for_metrics(Path("parts"), process)
        process.terminate()
    assert process.returncode == 143
    done = colactl("train", "-q", "--resume", "parts")
    assert done.returncode == 0, done.stderr
    assert losses("parts") == pytest.approx(losses("whole"), rel=1e-6)
    same = ("mcc", "loss", "steps", "epochs")
    assert [result("parts")[figure] for figure in same] == [result("whole")[figure] for figure in same]


def test_what_a_worker_says_is_told(colactl: Colactl, mark: str) -> None:
    timer = "+callbacks.timer={_target_: pytorch_lightning.callbacks.Timer, no_such: 1}"
    done = colactl("train", "-q", *TWO, "logger=csv", timer, "hydra.run.dir=mine")
    assert done.returncode == 2
    assert "no_such" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    log = Path("mine/train.log").read_text()
    assert "The worker process of device 0:" in log
    assert "The worker process of device 1:" in log
    assert "Traceback" in log


def test_a_sweep_of_runs_on_two_devices(colactl: Colactl, mark: str) -> None:
    done = colactl(
        *("sweep", "-q", *TWO, "training.max_epochs=1", "training.limit_train_batches=5", "logger=csv", "seed=1,2"),
        *("hydra/launcher=two_jobs", "--json"),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [job["status"] for job in told["jobs"]] == ["done", "done"]
    assert len(list(Path("multirun").glob("*/*"))) == 1
    assert {path.name for path in Path(told["folder"]).iterdir() if path.is_dir()} == {"0", "1", "plots", ".slots"}
    assert not Path("outputs").exists()


def test_from_a_script_twice(mark: str) -> None:
    """No guard for `__main__`, a callback of the script's own folder, and a second run in the same process."""
    Path("mine").mkdir()
    Path("mine/own.py").write_text("from pytorch_lightning import Callback\nclass Own(Callback):\n    pass\n")
    Path("mine/script.py").write_text(
        "from colactl import compose, train\n"
        f"overrides = {[*TWO, 'training.max_epochs=1', 'training.limit_train_batches=3', 'logger=csv']!r}\n"
        "for seed in (1, 2):\n"
        "    run = train(compose([*overrides, '+callbacks.own._target_=own.Own', f'seed={seed}']))\n"
        "    print(run.folder, run.result['steps'])\n"
    )
    done = subprocess.run([sys.executable, "mine/script.py"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["3", "3"]
    assert sorted(done.stdout.split()[::2]) == sorted(map(str, Path("outputs").absolute().glob("*/*")))


def test_torchrun(mark: str) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "colactl"]
    words = ["train", *TWO, "training.max_epochs=1", "training.limit_train_batches=5"]
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (folder,) = Path("outputs").absolute().glob("*/*")
    assert done.stdout == f"{folder}\n"
    assert done.stderr.count("batch_size: 64") == 1  # one process talks
    assert len(list((folder / "wandb").glob("offline-run-*"))) == 1
    assert result(str(folder))["steps"] == 5


def test_slurms_environment(mark: str) -> None:
    """What srun sets for two tasks of one node."""
    slurm = {"SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_NNODES": "1", "SLURM_NODEID": "0"}
    slurm |= {"SLURM_JOB_ID": str(os.getpid()), "SLURM_JOB_NAME": "train", "SLURM_NODELIST": "127.0.0.1"}
    command = [
        sys.executable,
        "-m",
        "colactl",
        "train",
        *TWO,
        "training.max_epochs=1",
        "training.limit_train_batches=5",
    ]
    tasks = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **slurm, "SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)},
        )
        for rank in range(2)
    ]
    (out, err), (silent_out, silent_err) = (task.communicate(timeout=300) for task in tasks)
    assert [task.returncode for task in tasks] == [0, 0], err + silent_err
    (folder,) = Path("outputs").absolute().glob("*/*")
    assert (out, silent_out, silent_err) == (f"{folder}\n", "", "")
    assert result(str(folder))["steps"] == 5
