"""One environment for every test, and the helpers that several rooms share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
Completed = subprocess.CompletedProcess[str]


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Writes texts into a folder, by the path of each below it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture(scope="session", autouse=True)
def signals() -> None:
    """Ctrl-C works: where a shell started the tests in the background it is ignored, also by all that they start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No network, no colours, a fixed width, and a working directory of the test's own."""
    for name in ("COLACTL_TRACEBACK", "WANDB_MODE", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path_factory.getbasetemp() / "huggingface"))  # never the user's own cache
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))


@pytest.fixture
def colactl() -> Callable[..., Completed]:
    """Runs the command line in a process of its own, as a shell would."""

    def run(*arguments: str | Path, timeout: float = 300, **environment: str) -> Completed:
        return subprocess.run(
            [sys.executable, "-m", "colactl", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )

    return run


@pytest.fixture
def tutorial(tmp_path: Path) -> Path:
    """The tree of the tutorial that users come from, in a folder of the user's."""
    folder = tmp_path / "tutorial"
    files = {
        "config.yaml": "defaults:\n  - model: default\n  - database: mongoDB\n",
        "model/default.yaml": "name: google/bert_uncased_L-2_H-128_A-2\ntokenizer: google/bert_uncased_L-2_H-128_A-2\n",
        "model/bert.yaml": "# The user's own BERT\nname: bert-base-cased\ntokenizer: bert-base-cased\n",
        "model/transformers.yaml": "name: my-model\ntokenizer: my-model\n",
        "database/default.yaml": "driver: none\n",
        "database/mongoDB.yaml": "# A document store\ndriver: mongo\nurl: ${database.driver}://localhost\n",
        "database/AmazonDB.yaml": "driver: dynamo\n",
    }
    write_files(folder, files)
    return folder


@pytest.fixture(scope="session")
def write_model() -> Callable[..., Path]:
    """Writes a tiny classifier with random weights into a folder; what else is given goes into its config."""

    def write(folder: Path, architecture: str = "BertForSequenceClassification", **config: object) -> Path:
        import torch  # here, because most tests need neither
        import transformers

        from colactl.training.data.tokenization import learn_tokenizer
        from colactl.training.log import silent

        torch.manual_seed(0)
        size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
        size |= {"vocab_size": 80, "max_position_embeddings": 24, "initializer_range": 0.3}
        with silent():
            getattr(transformers, architecture)(transformers.BertConfig(**size, **config)).save_pretrained(folder)
        learn_tokenizer(["The cat sleeps.", "The dogs see the cat."] * 4, 80, 32).save_pretrained(folder)
        return folder

    return write


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Where COLACTL_MUST_NOT_SKIP is set, a test that was skipped for want of the real CoLA, Slurm or a shell fails."""
    report = yield
    wanted = any(name in str(report.longrepr) for name in ("COLACTL_COLA", "slurm-wlm", "zsh fish"))
    if report.skipped and wanted and os.environ.get("COLACTL_MUST_NOT_SKIP"):
        report.outcome = "failed"
    return report


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB; needs the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", folder]).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
