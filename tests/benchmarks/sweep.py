"""The tutorial's six jobs: colactl's sweep beside the tutorial's recipe under Hydra, on joblib with two workers.

    COLACTL_COLA=DIR python -m tests.benchmarks.sweep [--json] [--sentences N] [--ours N] [--rounds N]

Both get the same weights, the first N sentences of CoLA and one thread a job. Then colactl alone, on more of them, with
one worker and with two. Times are those of the whole command.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from tests.benchmarks.contenders import LEARNING_RATE, Task, UnavailableError, find_task, run
from tests.benchmarks.table import machine, markdown, medians, options_of

JOBS = ("training.max_epochs=1,2", "processing.batch_size=32,64,128")
DEV_SHARE = 4  # training sentences for each one of validation


def main() -> int:
    """Runs the rounds; returns the exit code."""
    parser = options_of(__doc__, rounds=1)
    parser.add_argument("--sentences", type=int, default=512, help="to train on beside the tutorial's recipe")
    parser.add_argument("--ours", type=int, default=4096, help="to train on with one worker and with two")
    options = parser.parse_args()
    try:
        task = find_task()
    except UnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    with tempfile.TemporaryDirectory() as folder:
        beside = cut(task, Path(folder) / "beside", options.sentences)
        alone = cut(task, Path(folder) / "alone", options.ours)
        rounds = [measure(task, beside, alone) for _ in range(options.rounds)]
    for each in rounds:
        each["ratio"] = each["tutorial"] / each["colactl"]
        each["two_workers"] = each["one worker"] / each["two workers"]
    figures = medians(rounds)
    if options.json:
        sys.stdout.write(json.dumps({"machine": machine(1), "seconds": figures}, indent=2) + "\n")
    else:
        rows = ([name, f"{value:.2f}"] for name, value in figures.items())
        sys.stdout.write(f"{machine(1)}\n\n{markdown(['six jobs', 's, or a ratio'], *rows)}\n")
    return 0


def measure(task: Task, beside: Path, alone: Path) -> dict[str, float]:
    """One round, in seconds."""
    return {
        "colactl": colactl(task, beside, 2),
        "tutorial": tutorial(task, beside),
        "one worker": colactl(task, alone, 1),
        "two workers": colactl(task, alone, 2),
    }


def cut(task: Task, folder: Path, sentences: int) -> Path:
    """The first sentences of both splits."""
    folder.mkdir()
    for name, source, count in (
        ("train", "in_domain_train", sentences),
        ("dev", "in_domain_dev", sentences // DEV_SHARE),
    ):
        with (task.data / f"{source}.tsv").open(encoding="utf-8") as lines:
            (folder / f"{name}.tsv").write_text("".join(islice(lines, count)), encoding="utf-8")
    return folder


def colactl(task: Task, data: Path, workers: int) -> float:
    """Seconds of the whole command."""
    settings = [
        *("model=transformers", f"model.name={task.model}", "data=files", f"data.train={data / 'train.tsv'}"),
        *(f"data.validation={data / 'dev.tsv'}", "training.threads=1", f"optimizer.lr={LEARNING_RATE}"),
        *("training.precision=bf16-mixed", "hydra/launcher=joblib", f"hydra.launcher.n_jobs={workers}"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        overrides = [f"--set={text}" for text in (*JOBS, *settings, f"hydra.sweep.dir={folder}/sweep")]
        return seconds([sys.executable, "-m", "colactl", "sweep", "--quiet", *overrides])


def tutorial(task: Task, data: Path) -> float:
    """Seconds of the whole command."""
    settings = [f"model={task.model}", f"data={data}", f"lr={LEARNING_RATE}", "threads=1"]
    with tempfile.TemporaryDirectory() as folder:
        launcher = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", f"hydra.sweep.dir={folder}"]
        script = [sys.executable, "-m", "tests.benchmarks.peers.tutorial_sweep", "-m"]
        return seconds([*script, *JOBS, *settings, *launcher])


def seconds(command: list[str]) -> float:
    """How long a command takes."""
    started, _ = run(command)
    return time.time() - started


if __name__ == "__main__":
    raise SystemExit(main())
