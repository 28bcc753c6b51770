"""No command but train, sweep and predict loads anything heavy: proved in a fresh interpreter each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.made_sweeps import made_run, made_sweep, result

HEAVY = ["torch", "pytorch_lightning", "transformers", "datasets", "torchmetrics", "wandb", "matplotlib", "numpy"]
CHECKS = "pydantic"  # a third of the time of show-config, and needed for numbers only
PROGRAM = """
import runpy, sys
sys.argv = ["colactl", *{arguments!r}]
try:
    runpy.run_module("colactl", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
print("LOADED", sorted(set(sys.modules) & set({heavy!r})))
"""


@pytest.mark.parametrize(
    "arguments",
    [
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
        ["sweep", "--dry-run", "--trials", "3", "optimizer.lr=interval(1e-5,1e-3)"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(arguments: list[str]) -> None:
    heavy = HEAVY if "--trials" in arguments else [*HEAVY, CHECKS]
    program = PROGRAM.format(arguments=arguments, heavy=heavy)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout.splitlines()[-1:] == ["LOADED []"], done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "training.max_epochs=x"],
        ["train", "model=nope"],
        ["train", "a=1,2"],
        ["evaluate", "x", "--set", "data=nope"],
    ],
)
def test_a_wrong_config_is_told_before_torch_is_loaded(arguments: list[str]) -> None:
    program = PROGRAM.format(arguments=arguments, heavy=HEAVY).replace("assert not end.code", "assert end.code == 2")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout.splitlines()[-1:] == ["LOADED []"], done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["here", "a", "--format", "xml"], 2),
        (["here", "--input", "nope.txt"], 3),
        (["./nope", "a"], 3),
    ],
)
def test_predict_tells_what_is_wrong_before_torch_is_loaded(arguments: list[str], code: int) -> None:
    program = PROGRAM.format(arguments=["predict", *arguments], heavy=HEAVY)
    program = program.replace("assert not end.code", f"assert end.code == {code}")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout.splitlines()[-1:] == ["LOADED []"], done.stderr


@pytest.mark.parametrize("arguments", [["runs", "."], ["runs", ".", "--json"]], ids=" ".join)
def test_runs_loads_nothing_heavy(arguments: list[str]) -> None:
    made_sweep(Path("a"), [("seed=1", result(0.1)), ("seed=2", result(0.2))])
    program = PROGRAM.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout.splitlines()[-1:] == ["LOADED []"], done.stderr


def test_importing_colactl_loads_neither_hydra_nor_torch() -> None:
    program = "import colactl, sys; print({'hydra', 'omegaconf', 'torch', 'typer', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert done.stdout.strip() == "set()"


ASKED = """
import os, runpy, sys
from pathlib import Path
sys.argv = ["colactl"]
os.environ |= {{"_COLACTL_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": {line!r}}}
try:
    runpy.run_module("colactl", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
print("\\nLOADED", sorted(set(sys.modules) & set({unwanted!r})))
"""
SLOW = [*HEAVY, "hydra", "omegaconf", "rich", "pydantic"]


@pytest.mark.parametrize(
    ("line", "expected", "unwanted"),
    [
        ("colactl sh", "show-config", [*SLOW, "yaml"]),
        ("colactl train --conf", "--config-dir", [*SLOW, "yaml"]),
        ("colactl train model=b", "model=bert_tiny", SLOW),
        ("colactl sweep --set hydra/launcher=slurm hydra.launcher.", "hydra.launcher.partition=", SLOW),
        ("colactl train +training.min", "min_steps", SLOW),
        ("colactl train --resume ", "outputs/a", SLOW),
        ("colactl runs ", "multirun/a", SLOW),
    ],
)
def test_completion_waits_for_nothing_slow(line: str, expected: str, unwanted: list[str]) -> None:
    made_sweep(Path("multirun/a"), [("seed=1", result(0.1))])
    made_run(Path("outputs/a"), [], KeyboardInterrupt())
    program = ASKED.format(line=line, unwanted=unwanted)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert expected in done.stdout
    assert done.stdout.splitlines()[-1:] == ["LOADED []"], done.stderr


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
