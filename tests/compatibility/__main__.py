"""python -m tests.compatibility FILE: packs runs, a sweep and a search of the installed colactl; see README.md."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

SMALL = (
    *("model.vocab_size=120", "model.max_positions=32", "model.architecture.hidden_size=16"),
    *("model.architecture.num_hidden_layers=1", "model.architecture.num_attention_heads=2"),
    *("model.architecture.intermediate_size=16", "model.architecture.initializer_range=0.25"),
    *("processing.batch_size=32", "processing.max_length=32", "optimizer.lr=0.003", "logger=csv"),
    *("training.max_epochs=2", "training.limit_train_batches=40", "training.limit_val_batches=8"),
    *("training.log_every_n_steps=10", "training.threads=1"),
    *("callbacks.checkpoint.every_n_steps=16", "callbacks.plots=false"),
)
DROPOUT = ("+model.architecture.mlp_dropout=0.1",)  # so that the random state matters
BERT = (
    *("model.architecture.model_type=bert", "model.architecture.num_hidden_layers=2"),
    *("~model.architecture.global_attn_every_n_layers", "~model.architecture.initializer_cutoff_factor"),
    *("~model.architecture.classifier_pooling", "~model.architecture.rope_parameters"),
)
SENTENCES = ("The cats sleep.", "The cats sleeps.", "Which book did Mary read?", "Mary read did book which the.")
PROJECT, HOST = "/home/ada/project", "laptop"  # what stands for the folder that all was made in, and the machine
LIBRARY = "/home/ada/colactl"  # what stands for where colactl is installed
COMMAND = (sys.executable, "-m", "colactl")
LOOK = 0.002  # seconds


def main(archive: Path) -> None:
    """Makes everything in a folder of its own, and packs it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        _colactl("train", "--quiet", *SMALL, *DROPOUT, "hydra.run.dir=finished")
        _killed("killed", "train", "--quiet", *SMALL, *DROPOUT, "hydra.run.dir=killed")
        _killed("bert", "train", "--quiet", *SMALL, *BERT, "hydra.run.dir=bert")
        _killed("sweep/1", "sweep", "--quiet", *SMALL, *DROPOUT, "seed=1,2,3", "hydra.sweep.dir=sweep")
        search = ("--trials", "3", "optimizer.weight_decay=interval(0.0,0.1)", "hydra.sweep.dir=search")
        _killed("search/1", "sweep", "--quiet", *SMALL, *DROPOUT, *search)
        Path("expected.json").write_text(json.dumps(_expected(), indent=2) + "\n")
        for file in [path for path in Path.cwd().rglob("*") if path.is_file()]:
            _strip(file, {folder: PROJECT, _library(): LIBRARY})
        with tarfile.open(archive, "w:xz", preset=9) as packed:
            packed.add(".", archive.name.removesuffix(".tar.xz"), filter=_anonymous)


def _colactl(*words: str) -> str:
    return subprocess.run([*COMMAND, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def _killed(run: str, *words: str) -> None:
    """Kills all of a command once that run of it has saved in the middle of its second epoch."""
    process = subprocess.Popen([*COMMAND, *words])
    checkpoints, seen = Path(run, "checkpoints"), set()
    while len(seen) < 3:  # the end of the first epoch, and two saves after it
        assert process.poll() is None, f"{run} was not killed in time"
        if (checkpoints / "best.ckpt").exists() and (checkpoints / "last.ckpt").exists():
            seen.add((checkpoints / "last.ckpt").stat().st_mtime_ns)
        time.sleep(LOOK)
    for each in _tree(process.pid):
        os.kill(each, signal.SIGKILL)
    process.wait()


def _tree(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(each for child in children for each in _tree(int(child)))]


def _expected() -> dict[str, object]:
    """What this release makes of copies of the folders."""
    found: dict[str, object] = {}
    for name, command in {"killed": "train", "bert": "train", "sweep": "sweep", "search": "sweep"}.items():
        shutil.copytree(name, f"{name}-on")
        _colactl(command, "--quiet", "--resume", f"{name}-on")
        files = sorted(Path(f"{name}-on").rglob("result.json"))
        found[name] = [json.loads(file.read_text()) for file in files]
        shutil.rmtree(f"{name}-on")
    lines = _colactl("predict", "--quiet", "--format", "jsonl", "finished", *SENTENCES).splitlines()
    found["predict"] = [json.loads(line) for line in lines]
    found["evaluate"] = json.loads(_colactl("evaluate", "--quiet", "--json", "finished"))["models"][0]["figures"]
    return found


def _library() -> str:
    found = "from colactl.schema.config_files import config_dir; print(config_dir().parent)"
    return subprocess.run([sys.executable, "-c", found], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _strip(file: Path, places: dict[str, str]) -> None:
    """Takes out what no later release reads of these folders, and where and by whom they were made."""
    complete = any((parent / "result.json").exists() for parent in file.parents)
    if file.name == "previous.ckpt" or (complete and file.suffix == ".ckpt"):
        file.unlink()
    elif file.suffix in (".yaml", ".json", ".jsonl", ".log"):
        text = file.read_text()
        for place, neutral in places.items():
            text = text.replace(place, neutral)
        if file.name == "provenance.json":
            record = json.loads(text)
            record["host"] |= {"name": HOST, "system": "Linux"}
            text = json.dumps(record, indent=2) + "\n"
        file.write_text(text)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
