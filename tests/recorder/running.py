"""Runs cases on one side: a snapshot of a tree, a home and a folder for each case; returns what came of each."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.recorder.cases import Case, Step
from tests.recorder.comparing import Facts, fold, fold_value

FORKS = Path(__file__).with_name("forks.py")
LIGHT, HEAVY = 120, 900  # seconds that one command may take
LOGS = (".log", ".out", ".err")


class Side:
    """One of the two versions.

    Args:
        folder: Of its own; holds `tree/`, with `colactl/` and `configs/`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.tree = folder, folder / "tree"
        self._forks: dict[str, subprocess.Popen[str]] = {}
        self._locks = {"light": threading.Lock(), "torch": threading.Lock()}  # one task at a time goes to each

    def start_forks(self, processes: set[str]) -> None:
        """Starts the processes that fork, and checks that this side imports its own tree."""
        environment = self._environment(self.folder)
        for name in processes:
            if name != "own":
                command = [sys.executable, "-P", str(FORKS), name]
                pipe = subprocess.PIPE
                self._forks[name] = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
            step = Step(("python", "import colactl\nprint(colactl.__file__)"))
            facts = self.record(Case("imports", (step,), process=name), unfolded=True)
            expected = f"{self.tree}/colactl/__init__.py\n"
            if facts["0: stdout"] != expected:
                raise SystemExit(f"This side does not run its own tree: {facts}, and not {expected}")

    def stop_forks(self) -> None:
        """Ends the processes that fork."""
        for process in self._forks.values():
            process.communicate()

    def record(self, case: Case, unfolded: bool = False) -> Facts:
        """Runs a case in a new folder; returns its exit codes, texts and files."""
        work = self.folder / "work" / hashlib.sha256(case.name.encode()).hexdigest()[:8]
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        for name, text in case.files.items():
            file = work / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
        facts: Facts = {}
        for index, step in enumerate(case.steps):
            code, out, err = self._run(step, work, case.process)
            facts[f"{index}: exit code"] = code
            facts[f"{index}: stdout"] = out if unfolded else self._text(out)
            facts[f"{index}: stderr"] = self._text(err)
        facts |= self._files(work, set(case.files))
        shutil.rmtree(work, ignore_errors=True)
        return facts

    def _environment(self, work: Path) -> dict[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{self.tree}{os.pathsep}{work / 'modules'}",
            "HOME": str(home),
            "COLACTL_CACHE": str(home / "cache"),
            "HF_HOME": str(home / "huggingface"),
            "HF_HUB_OFFLINE": "1",
            "COLUMNS": "120",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "LANG": "C.UTF-8",
        }

    def _run(self, step: Step, work: Path, process: str) -> tuple[int, str, str]:
        texts = work.with_name(f"{work.name}-texts")
        texts.mkdir(exist_ok=True)
        (texts / "stdin").write_text(step.stdin)
        (texts / "stdout").write_text("")
        (texts / "stderr").write_text("")
        words = [word.replace("{work}", str(work)) for word in step.words]
        environment = {**self._environment(work), **step.environment}
        if process == "own":
            program = ["-c", words[1]] if words[0] == "python" else ["-m", "colactl", *words[1:]]
            with (
                (texts / "stdin").open() as stdin,
                (texts / "stdout").open("w") as out,
                (texts / "stderr").open("w") as err,
            ):
                code = subprocess.run(
                    [sys.executable, "-P", *program],
                    stdin=stdin,
                    stdout=out,
                    stderr=err,
                    cwd=work,
                    env=environment,
                    timeout=HEAVY,
                ).returncode
        else:
            timeout = LIGHT if process == "light" else HEAVY
            task = {"words": words, "cwd": str(work), "environment": environment, "timeout": timeout}
            code = self._ask(process, task | {name: str(texts / name) for name in ("stdin", "stdout", "stderr")})
        out, err = ((texts / name).read_text(errors="backslashreplace") for name in ("stdout", "stderr"))
        shutil.rmtree(texts)
        return code, out, err

    def _ask(self, process: str, task: dict[str, Any]) -> int:
        asked, answers = self._forks[process].stdin, self._forks[process].stdout
        assert asked is not None
        assert answers is not None
        with self._locks[process]:
            asked.write(f"{json.dumps(task)}\n")
            asked.flush()
            return int(answers.readline())

    def _text(self, text: str) -> Any:
        """A text without what must differ between two sides; JSON as a value."""
        text = fold(text.replace(str(self.folder.resolve()), "<side>").replace(str(self.folder), "<side>"))
        if text.lstrip().startswith(("{", "[")):
            try:
                return fold_value(json.loads(text))
            except ValueError:
                pass
        return text

    def _files(self, work: Path, given: set[str]) -> Facts:
        facts: Facts = {}
        for file in sorted(work.rglob("*")):
            name = file.relative_to(work).as_posix()
            if "/wandb/" in f"/{name}" or name in given or name.startswith("modules"):
                continue  # W&B's own layout; what the case itself wrote
            key = f"file {fold(name)}"
            if file.is_symlink():
                facts[key] = f"-> {self._text(str(file.readlink()))}"
            elif file.is_file():
                facts[key] = self._content(file)
            else:
                facts[key] = "folder"
        return facts

    def _content(self, file: Path) -> Any:
        data = file.read_bytes()
        if file.suffix == ".ckpt":
            return _checkpoint(file)
        if b"\0" in data:
            return hashlib.sha256(data).hexdigest()
        text = data.decode(errors="backslashreplace")
        if file.suffix == ".csv":
            return [fold_value(row) for row in csv.DictReader(io.StringIO(self._text(text)))]
        if file.suffix in (".jsonl",) or file.name == "study.log":
            return [self._text(line) for line in text.splitlines()]
        return self._text(text)


def _checkpoint(file: Path) -> dict[str, Any]:
    """What a checkpoint holds: the names at its top, and a hash of the weights and of the optimizer's state."""
    import torch

    content = torch.load(file, weights_only=True)
    parts = {key: _hash(content.get(key)) for key in ("state_dict", "optimizer_states", "lr_schedulers")}
    return {"keys": sorted(content), "epoch": content["epoch"], "global_step": content["global_step"], **parts}


def _hash(value: Any) -> str:
    import torch

    digest = hashlib.sha256()

    def add(inner: Any) -> None:
        if isinstance(inner, dict):
            for key, item in inner.items():
                digest.update(repr(key).encode())
                add(item)
        elif isinstance(inner, list | tuple):
            for item in inner:
                add(item)
        elif isinstance(inner, torch.Tensor):
            digest.update(f"{inner.dtype}{tuple(inner.shape)}".encode())
            digest.update(
                inner.contiguous().view(torch.uint8).numpy().tobytes() if inner.dim() else repr(inner).encode()
            )
        else:
            digest.update(repr(inner).encode())

    add(value)
    return digest.hexdigest()
