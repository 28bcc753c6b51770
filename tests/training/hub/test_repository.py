"""How long the Hub is waited for, and what its failures mean.

The slow tests run `model=bert data=cola` for real, against a small Hub on loopback that fails as networks do.
"""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from colactl.errors import ModelError
from colactl.training.hub import repository
from colactl.training.hub.repository import NoAnswerError, Repository, answer_in_time
from tests.conftest import Completed
from tests.hub_server import Hub, serve

Train = Callable[..., tuple[Completed, float]]

MODEL, DATA = "google-bert/bert-base-uncased", "nyu-mll/glue"
CARD = """---
configs:
- config_name: ax
  data_files:
  - split: test
    path: ax/test-*
- config_name: cola
  data_files:
  - split: train
    path: cola/train-*
  - split: validation
    path: cola/validation-*
---
"""
SECRETS = {
    "HF_TOKEN": "hf_canaryOfTheHub",
    "WANDB_API_KEY": "c" * 40,
    "MY_DB_PASSWORD": "canary of a password",
    "client.secret": "canary-of-a-secret",
}
START = 0.4  # seconds for the two libraries that a command starts with, on a machine of two cores
LIMIT = 10.0  # seconds for a command to say that there is no network
OFFLINE_LIMIT = 2.0  # seconds where that was said before


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "PATIENCE", 1.0)
    monkeypatch.setattr(repository, "PAUSE", 0.05)


def test_a_failure_that_passes_is_waited_for() -> None:
    failures = [ConnectionError("refused"), TimeoutError()]

    def question() -> str:
        if failures:
            raise failures.pop()
        return "answer"

    assert answer_in_time(question) == "answer"


def test_another_failure_is_raised_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(PermissionError):
        answer_in_time(lambda: (_ for _ in ()).throw(PermissionError("full")))
    assert time.monotonic() - begun < 1


def test_no_answer_ends_with_the_last_failure() -> None:
    def refuse() -> None:
        raise ConnectionError("refused")

    with pytest.raises(NoAnswerError) as caught:
        answer_in_time(refuse)
    assert str(caught.value.__cause__) == "refused"


def test_a_question_that_hangs_is_left_behind() -> None:
    released = threading.Event()
    with pytest.raises(NoAnswerError) as caught:
        answer_in_time(lambda: released.wait(60))
    assert caught.value.__cause__ is None
    released.set()


def test_what_is_no_name_is_an_error() -> None:
    with pytest.raises(ModelError, match=r"no folder '\.\./model'"):
        Repository("../model", "model", "main").cached(["*"])


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    from transformers import BertConfig, BertForMaskedLM

    from colactl.training.data.tokenization import learn_tokenizer

    folder = tmp_path_factory.mktemp("bert")
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertForMaskedLM(BertConfig(vocab_size=60, **size)).save_pretrained(folder)
    learn_tokenizer(["The cat sleeps."] * 4, 60, 512).save_pretrained(folder)
    bert = {file.name: file.read_bytes() for file in folder.iterdir()}
    bert |= {"tf_model.h5": b"", "pytorch_model.bin": b"", "onnx/config.json": b"{}"}
    glue = {"README.md": CARD.encode(), "ax/test-00000-of-00001.parquet": b""}
    for split, rows in (("train", 64), ("validation", 32)):
        columns = {"sentence": ["The cat sleeps."] * rows, "label": [0, 1] * (rows // 2)}
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer)
        glue[f"cola/{split}-00000-of-00001.parquet"] = buffer.getvalue()
    return {f"models/{MODEL}": bert, f"datasets/{DATA}": glue}


@pytest.fixture
def hub(repositories: dict[str, dict[str, bytes]]) -> Iterator[Hub]:
    with serve(Hub(repositories)) as hub:
        yield hub


@pytest.fixture
def train(colactl: Callable[..., Completed], hub: Hub, tmp_path: Path) -> Train:
    """Trains for two batches with a cache of the test's own, and measures the whole command."""

    def run(*more: str, home: Path = tmp_path / "home", **environment: str) -> tuple[Completed, float]:
        given = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", **environment}
        begun = time.monotonic()
        done = colactl(
            *("train", "-q", "--set", "model=bert", "--set", "data=cola", "--set", "training.max_epochs=1"),
            *("--set", "training.limit_train_batches=2", "--set", "hydra.run.dir=mine", *more),
            **given,
        )
        return done, time.monotonic() - begun

    return run


@pytest.fixture(scope="module")
def warm(repositories: dict[str, dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache as `hf download` fills it."""
    home = tmp_path_factory.mktemp("warm")
    fetch = "import sys, huggingface_hub as h; h.snapshot_download(sys.argv[1]); "
    fetch += "h.snapshot_download(sys.argv[2], repo_type='dataset')"
    with serve(Hub(repositories)) as hub:
        given = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
        subprocess.run([sys.executable, "-c", fetch, MODEL, DATA], check=True, env=given, capture_output=True)
    return home


def told(train: Train, *words: str, limit: float = LIMIT, more: tuple[str, ...] = (), **environment: str) -> None:
    """The command fails with exit code 3 in time, in a sentence and a hint that have all the words."""
    slow = slowness()  # before, and again afterwards where that does not explain it
    done, seconds = train("--set", "logger=csv", *more, **environment)
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert [word for word in (*words, "/home/hub", "hf download") if word not in done.stderr] == []
    assert seconds < limit * slow or seconds < limit * slowness()
    assert json.loads(Path("mine/status.json").read_text())["exit_code"] == 3


def slowness() -> float:
    """How many times longer than alone a start takes now, where others keep the machine busy: no less than 1."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", "import huggingface_hub.hf_api, hydra"], check=True)
    return max(1.0, (time.monotonic() - begun) / START)


@pytest.mark.slow
def test_a_fresh_cache_gets_what_is_needed_and_no_more(train: Train, hub: Hub, tmp_path: Path) -> None:
    hub.busy_until = time.monotonic() + 3  # a server that restarts, and a connection that drops once
    hub.drops, hub.drop_only = 1, "model.safetensors"
    done, _ = train("--set", "logger=csv")
    assert done.returncode == 0, done.stderr
    assert json.loads(Path("mine/result.json").read_text())["train_sentences"] == 64
    snapshots = (tmp_path / "home" / "hub").glob("*/snapshots/*/**/*")
    assert not [file.name for file in snapshots if file.name in ("tf_model.h5", "pytorch_model.bin", "onnx", "ax")]
    asked = len(hub.asked)
    again, _ = train("--set", "logger=csv", "--set", "hydra.run.dir=again")
    assert (again.returncode, hub.asked[asked:]) == (0, [])


@pytest.mark.slow
def test_a_cache_that_was_filled_ahead_needs_no_network(train: Train, hub: Hub, warm: Path) -> None:
    hub.silent.set()
    done, _ = train("--set", "logger=csv", home=warm, HF_HUB_OFFLINE="1")
    assert done.returncode == 0, done.stderr
    assert hub.asked == []


@pytest.mark.slow
def test_offline_is_believed_at_once(train: Train, hub: Hub) -> None:
    told(train, DATA, "HF_HUB_OFFLINE", "--repo-type dataset", limit=OFFLINE_LIMIT, HF_HUB_OFFLINE="1")
    more = ("--set", "data=default", "--set", "hydra.run.dir=second")
    told(train, MODEL, "HF_HUB_OFFLINE", limit=OFFLINE_LIMIT, more=more, HF_HUB_OFFLINE="1")
    assert hub.asked == []


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://no.such.host.invalid"])
def test_nobody_listens(train: Train, endpoint: str) -> None:
    told(train, DATA, endpoint, "does not answer", HF_ENDPOINT=endpoint)


@pytest.mark.slow
@pytest.mark.parametrize("only", ["", "/resolve/"])  # from the start, or once the files are known
def test_a_server_that_never_answers(train: Train, hub: Hub, only: str) -> None:
    hub.only = only
    hub.silent.set()
    told(train, DATA, "does not answer")


@pytest.mark.slow
@pytest.mark.parametrize("only", ["", "/resolve/"])
def test_a_server_that_stays_busy(train: Train, hub: Hub, only: str) -> None:
    hub.only, hub.busy_until = only, math.inf
    told(train, DATA, "does not answer", "503")


@pytest.mark.slow
@pytest.mark.parametrize(("file", "name"), [("parquet", DATA), ("model.safetensors", MODEL)])
def test_a_connection_that_always_drops(train: Train, hub: Hub, file: str, name: str) -> None:
    hub.drops, hub.drop_only = math.inf, file
    told(train, name, "broke off", limit=1.5 * LIMIT)  # the network is there: the library tries six times
    hub.drops = 0
    done, _ = train("--set", "logger=csv", "--set", "hydra.run.dir=again")
    assert done.returncode == 0, done.stderr  # what half a download left is no cache


@pytest.mark.slow
def test_a_repository_that_is_not_there(train: Train, hub: Hub) -> None:
    told(train, "nyu-mll/glew", "none of that name", more=("--set", "data.path=nyu-mll/glew"))
    more = ("--set", "data=default", "--set", "hydra.run.dir=second")
    told(train, "google-bert/bort", "none of that name", more=(*more, "--set", "model.name=google-bert/bort"))
    more = ("--set", "data=default", "--set", "hydra.run.dir=third")
    told(train, MODEL, "no revision 'v2'", "--revision v2", more=(*more, "--set", "model.revision=v2"))


@pytest.mark.slow
def test_no_secret_of_the_environment_is_kept(train: Train, hub: Hub, warm: Path) -> None:
    typed = Path(SECRETS["client.secret"])  # on the command line, and in Hydra's list of sources
    typed.mkdir()
    done, _ = train("--set", "logger.wandb.mode=offline", "--config-dir", str(typed), home=warm, **SECRETS)
    assert done.returncode == 0, done.stderr
    written = {file: file.read_bytes() for file in Path("mine").rglob("*") if file.is_file()}
    assert any(file.suffix == ".wandb" for file in written)
    assert "--config-dir" in Path("mine/provenance.json").read_text()
    assert [
        (name, str(file)) for file, text in written.items() for name in SECRETS if SECRETS[name].encode() in text
    ] == []


@pytest.mark.slow
def test_a_config_with_a_secret_is_refused(train: Train) -> None:
    done, _ = train("--set", f"data.path={SECRETS['HF_TOKEN']}", **SECRETS)
    assert (done.returncode, done.stdout) == (2, "")
    assert "data.path holds the secret of HF_TOKEN" in done.stderr
    assert SECRETS["HF_TOKEN"] not in done.stderr
    assert not Path("mine").exists()
