"""No command but train, sweep and predict loads anything heavy: proved in fresh interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.made_sweeps import made_run, made_sweep, result

HEAVY = ["torch", "pytorch_lightning", "transformers", "datasets", "torchmetrics", "wandb", "matplotlib", "numpy"]
CHECKS = "pydantic"  # a third of the time of show-config, and needed for numbers only
# What one command loads stays loaded: where nothing heavy is there after the last one, none of them loaded it.
PROGRAM = """
import json, os, runpy, sys
for arguments, environment in json.loads(sys.argv.pop()):
    sys.argv = ["colactl", *arguments]
    os.environ.update(environment)
    code = 0
    try:
        runpy.run_module("colactl", run_name="__main__")
    except SystemExit as end:
        code = end.code or 0
    print("\\nLOADED", json.dumps([code, sorted(set(sys.modules) & set({heavy!r}))]))
"""
LOOKS = [
    ["--help"],
    ["--version"],
    ["train", "--help"],
    ["evaluate", "--help"],
    ["predict", "--help"],
    ["runs", "--help"],
    ["show-config", "--resolve"],
    ["show-config", "--json", "model=bert"],
    ["show-config", "--origin"],
    ["list-groups"],
    ["list-groups", "--json"],
    ["sweep", "--dry-run", "training.max_epochs=1,2"],
    ["sweep", "--dry-run", "seed=1,2", "hydra/launcher=joblib"],
]
SEARCHES = ["sweep", "--dry-run", "--trials", "3", "optimizer.lr=interval(1e-5,1e-3)"]
RUNS = [["runs", "."], ["runs", ".", "--json"]]
WRONG = [
    (["train", "training.max_epochs=x"], 2),
    (["train", "model=nope"], 2),
    (["train", "a=1,2"], 2),
    (["evaluate", "x", "--set", "data=nope"], 2),
    (["predict", "here", "a", "--format", "xml"], 2),
    (["predict", "here", "--input", "nope.txt"], 3),
    (["predict", "./nope", "a"], 3),
]


def said(lines: list[tuple[list[str], dict[str, str]]], heavy: list[str]) -> str:
    """What commands print in one fresh interpreter, after each its exit code and what was loaded when it ended."""
    command = [sys.executable, "-c", PROGRAM.format(heavy=heavy), json.dumps(lines)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(lines: list[list[str]], heavy: list[str]) -> list[list[object]]:
    """Each command with its exit code and what was loaded when it ended."""
    told = said([(arguments, {}) for arguments in lines], heavy).splitlines()
    ends = [json.loads(line[7:]) for line in told if line.startswith("LOADED ")]
    return [[arguments, *end] for arguments, end in zip(lines, ends, strict=True)]


def test_nothing_heavy_is_loaded() -> None:
    assert loaded(LOOKS, [*HEAVY, CHECKS]) == [[arguments, 0, []] for arguments in LOOKS]


def test_the_help_does_not_load_the_embedded_corpus() -> None:
    assert loaded([["--help"]], ["colactl.minimal_pairs"]) == [[["--help"], 0, []]]


def test_what_reads_numbers_loads_no_more_than_pydantic() -> None:
    """A search and a table of runs; and what is wrong with a command is told before torch is loaded."""
    made_sweep(Path("a"), [("seed=1", result(0.1)), ("seed=2", result(0.2))])
    expected = [*((arguments, 0) for arguments in [SEARCHES, *RUNS]), *WRONG]
    assert loaded([line for line, _ in expected], HEAVY) == [[line, code, []] for line, code in expected]


def test_importing_colactl_loads_neither_hydra_nor_torch() -> None:
    program = "import colactl, sys; print({'hydra', 'omegaconf', 'torch', 'typer', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout.strip() == "set()"


TERMINAL = ["rich", "pydantic"]


@pytest.mark.parametrize(
    ("offered", "unwanted"),
    [
        (
            {"colactl sh": "show-config", "colactl train --conf": "--config-dir"},
            [*HEAVY, *TERMINAL, "hydra", "omegaconf", "yaml"],
        ),
        (
            {"colactl train --resume ": "outputs/a", "colactl runs ": "multirun/a"},
            [*HEAVY, *TERMINAL, "hydra", "omegaconf"],
        ),
        (
            {
                "colactl train model=b": "model=bert_tiny",
                "colactl sweep --set hydra/launcher=slurm hydra.launcher.": "hydra.launcher.partition=",
                "colactl train +training.min": "min_steps",
            },
            [*HEAVY, *TERMINAL],
        ),
    ],
    ids=["words", "runs", "overrides"],
)
def test_completion_waits_for_nothing_slow(offered: dict[str, str], unwanted: list[str]) -> None:
    made_sweep(Path("multirun/a"), [("seed=1", result(0.1))])
    made_run(Path("outputs/a"), [], KeyboardInterrupt())
    asked = {"_COLACTL_COMPLETE": "complete_zsh"}
    lines: list[tuple[list[str], dict[str, str]]] = [([], {**asked, "_TYPER_COMPLETE_ARGS": line}) for line in offered]
    answers = said(lines, unwanted).split("LOADED ")
    assert [json.loads(answer.splitlines()[0]) for answer in answers[1:]] == [[0, []] for _ in offered]
    for answer, expected in zip(answers, offered.values(), strict=False):  # the last one holds no answer
        assert expected in answer


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
