"""The files that cases find in their folders: users' configs, runs and sweeps that lie there, and data."""

from __future__ import annotations

import json
from typing import Any

TUTORIAL = {
    "tutorial/config.yaml": "defaults:\n  - model: default\n  - database: mongoDB\n",
    "tutorial/model/default.yaml": "name: google/bert_uncased_L-2_H-128_A-2\ntokenizer: ${model.name}\n",
    "tutorial/model/bert.yaml": "# The user's own BERT\nname: bert-base-cased\ntokenizer: bert-base-cased\n",
    "tutorial/model/transformers.yaml": "name: my-model\ntokenizer: my-model\n",
    "tutorial/database/default.yaml": "driver: none\n",
    "tutorial/database/mongoDB.yaml": "# A document store\ndriver: mongo\nurl: ${database.driver}://localhost\n",
    "tutorial/database/AmazonDB.yaml": "driver: dynamo\n",
}

# Primary configs that build on the shipped one.
PRIMARY = {
    "mine": "label: ${hydra:runtime.choices.model}\njob: ${hydra:job.name}\n",
    "secret": 'notes: {hf_token: "hf_abcdefghijklmnop"}\n',
    "tokens": 'notes: {pad_token: "<pad>", sep_token_id: 102, use_token: true, num_tokens: 5}\n',
    "hydra_keys": "hydra:\n  job:\n    env_set: {WANDB_MODE: disabled}\n    chdir: true\n  output_subdir: null\n",
    "run_dir": "hydra: {run: {dir: elsewhere}}\n",
    "dangling": "a: ${nokey}\nb: ${oc.env:NOT_SET_ANYWHERE}\n",
    "target": "callbacks:\n  x:\n    _target_: subprocess.run\n    args: [touch, pwned]\n",
    "octal": "model: {revision: 0123456}\n",
    "wrong": "training: {max_epoch: 3}\nmodle: {name: x}\n",
    "laughs": "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{name}: &{name} [{', '.join(10 * [f'*{inner}'])}]\n" for inner, name in ("ab", "bc", "cd", "de")),
    "broken": "a: [1\n",
    "twice": "a: 1\na: 2\n",
    "name": "a: !!python/name:os.system\n",
    "anchors": "a: &a {x: 1, y: [2]}\nb: {<<: *a, x: 3}\nc: *a\n1: int\n'2': text\n",
    "search": "hydra: {searchpath: ['pkg://canary']}\n",
}
MINE = {
    **{f"c/{name}.yaml": f"defaults: [config, _self_]\n{text}" for name, text in PRIMARY.items()},
    "c/loop.yaml": "defaults: [loop@x, loop@y, _self_]\n",
    "c/no_self.yaml": "defaults: [config]\nseed: 3\n",
    "c/packages.yaml": (
        "defaults: [config, {model@encoder: bert}, {model@decoder: roberta}, {db/engine: small}, _self_]\n"
    ),
    "c/db/engine/small.yaml": "# A small one\npool: 3\n",
    "c/db/engine/large.yaml": "pool: 30\n",
    "c/model/mine.yaml": "# My own\ndefaults: [bert]\nname: mine/bert\n",
    "c/experiment/short.yaml": "# @package _global_\n# Short\ndefaults:\n  - override /training: debug\nseed: 7\n",
}


def _run(folder: str, overrides: str, mcc: float | None, degenerate: bool = False) -> dict[str, str]:
    """The files of a run that is done, or that failed where it has no MCC."""
    texts = overrides.split()
    values = dict(text.split("=") for text in texts)
    config = {
        "seed": int(values.get("seed", 0)),
        "optimizer": {"lr": float(values.get("optimizer.lr", 0.5))},
        "processing": {"batch_size": 64},
        "experiment": None,
    }
    status: dict[str, Any] = {"status": "done", "error": None, "exit_code": 0, "signal": None}
    if mcc is None:
        status = {"status": "failed", "error": "No data [here].", "exit_code": 3, "signal": None}
    result = {"mcc": mcc, "accuracy": 0.75, "f1": 0.8, "loss": 0.5, "seconds": 10.0, "degenerate": degenerate}
    files = {
        ".lock": "",
        ".hydra/config.yaml": json.dumps(config),
        ".hydra/hydra.yaml": "hydra: {}\n",
        ".hydra/overrides.yaml": json.dumps(texts),
        "status.json": json.dumps(status | {"since": "2026-11-28T04:52:56+00:00", "pid": 10159}),
        **({} if mcc is None else {"result.json": json.dumps(result | {"epochs": 1})}),
    }
    return {f"{folder}/{name}": text for name, text in files.items()}


def _sweep(folder: str, *jobs: tuple[str, float | None]) -> dict[str, str]:
    """The files of a sweep whose jobs, given by their overrides, ended with this MCC."""
    files = {f"{folder}/sweep.yaml": "overrides: []\n", f"{folder}/planned.jsonl": ""}
    for index, (overrides, mcc) in enumerate(jobs):
        row = {"index": index, "overrides": overrides.split(), "config_hash": "0", "folder": str(index)}
        files[f"{folder}/planned.jsonl"] += json.dumps(row | {"config": {}, "values": {}, "choices": {}}) + "\n"
        files |= _run(f"{folder}/{index}", overrides, mcc, degenerate=mcc == 0)
    return files


RUNS = {
    **_sweep(
        "multirun/a",
        *(("optimizer.lr=0.1 seed=1", 0.2), ("optimizer.lr=0.1 seed=2", 0.4)),
        *(("optimizer.lr=0.2 seed=1", 0.0), ("optimizer.lr=0.2 seed=2", None)),
    ),
    **_run("outputs/b/2", "seed=1", 0.3),
    **_run("outputs/b/10", "seed=2", 0.1),
    **_run("outputs/b/2/inside", "", 0.9),
    "empty/below/x": "",
    "list/status.json": "[1]",
    "broken/status.json": "{",
    "project/sweep.yaml": "program: train.py\nmethod: bayes\n",  # as W&B's are
    **_run("project/run", "seed=1", 0.5),
    **_run("damaged", "seed=1", 0.5),
    "damaged/result.json": '{"mcc": ',
    **_run("escapes", "seed=1", 0.5),
    "escapes/.hydra/overrides.yaml": '- seed=1\n- "logger.name=\\e]0;title\\a\\e[31mred"\n',
    **_sweep("lost", ("seed=1", 0.2)),
    "lost/planned.jsonl": '{"index": 0, "over',
    "x.yaml": "seed: 3\na: [1, 2]\n",
}

PAIRS = "".join(
    f'"The boy {verb} {number}.",1\n"Boy the {verb} {number}.",0\n'
    for verb in ("runs", "sleeps")
    for number in range(24)
)
THREE = "{0}\t1\t\tThe cat sleeps.\n{0}\t0\t*\tCat the sleeps.\n{0}\t1\t\tThe dogs bark {0}.\n"
DATA = {
    "train.csv": f"sentence,label\n{PAIRS}",
    "val.tsv": THREE.format("gj04") + THREE.format("bc01"),
    "test.tsv": "index\tsentence\n0\tThe cat sleeps.\n1\tCat the sleeps.\n2\tThe boy runs.\n",
    "id.tsv": "Id\tSentence\n0\tThe cat sleeps.\n1\tCat the sleeps.\n",
    "lines.txt": "The cat sleeps.\n\nCat the sleeps.\n  The boy runs 3. \n",
    "table.csv": "sentence,label\nThe dog barks.,1\nDog the barks.,0\n",
    "table.jsonl": '{"sentence": "The dog barks.", "label": 1}\n{"sentence": "Dog the barks.", "label": 0}\n',
    "bad.tsv": "a\t1\t\tGood.\nb\t2\t\tBad label.\n",
}

# A callback that ends the training once, after some steps.
MISBEHAVE = {
    "modules/misbehave.py": """
import os
import signal
from pathlib import Path

from pytorch_lightning import Callback


class Misbehave(Callback):
    def __init__(self, how, step):
        self.how, self.step = how, step

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step < self.step or Path("again").exists() or self.how == "not":
            return
        if self.how == "raise":
            raise ValueError("the cat is on the mat")
        Path("again").touch()
        os.kill(os.getpid(), signal.SIGKILL if self.how == "kill" else signal.SIGINT)
"""
}
