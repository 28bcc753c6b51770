"""A sweep that is killed again and again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

# Two epochs with a save every few steps, so that a job can be killed with something behind it.
SMALL = (
    "logger=csv",
    "callbacks.plots=false",
    "training.max_epochs=2",
    "processing.batch_size=128",
    "callbacks.checkpoint.every_n_steps=10",
)
SWEEP = ("seed=0,1,2", "hydra/launcher=two_jobs", *SMALL)
LONGEST = 14.0  # seconds to a kill: a sweep of these takes about twice as long


def start(*arguments: str) -> subprocess.Popen[str]:
    """A sweep in a process group of its own."""
    command = [sys.executable, "-m", "colactl", "sweep", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def killed(folder: Path, kills: int, sweep: Sequence[str] = SWEEP) -> tuple[int, str, str]:
    """Kills a sweep's whole process group at random moments, goes on with it each time, and then to its end.

    Returns:
        The last one's exit code, stdout and stderr.
    """
    moments = random.Random(7)
    process = start(*sweep, f"hydra.sweep.dir={folder}")
    for _ in range(kills):
        time.sleep(moments.uniform(0.5, LONGEST))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        known = (folder / "sweep.yaml").exists()
        process = start(*(("--resume", str(folder)) if known else (*sweep, f"hydra.sweep.dir={folder}")))
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err
