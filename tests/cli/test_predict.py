"""colactl predict: where sentences come from, where predictions go, the progress bar, and what goes wrong."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import Result

import colactl
from colactl.cli.output import Output
from colactl.cli.predict import predict, progress_bar
from colactl.errors import TrainingError
from colactl.runs.run import Run
from colactl.training.scoring.predictions import Lines, open_lines
from tests.conftest import ROOT
from tests.terminal import Terminal, invoke, refused

TEST_TSV = "index\tsentence\n0\tThe cat sleeps.\n1\tCat the sleeps.\n2\t\n"


@pytest.fixture(scope="module")
def model(write_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


def run(*arguments: str | Path, stdin: str | bytes = "") -> Result:
    return invoke("predict", *arguments, stdin=stdin)


def sentences(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [line.split("\t", 2)[2] for line in result.stdout.splitlines()]


def test_sentences_from_arguments_are_never_overrides(model: Path) -> None:
    result = run(model, "model=bert", "The cat sleeps.", "--", "--set", "-a b")
    assert sentences(result) == ["model=bert", "The cat sleeps.", "--set", "-a b"]
    probability, label, _ = result.stdout.splitlines()[1].split("\t")
    assert 0 <= float(probability) <= 1
    assert label == ("acceptable" if float(probability) > 0.5 else "unacceptable")


def test_sentences_from_a_file_and_from_stdin(model: Path) -> None:
    Path("lines.txt").write_text("The cat sleeps.\n\nüber\tcats\n")
    expected = ["The cat sleeps.", "", "über\tcats"]
    assert sentences(run(model, "--input", "lines.txt")) == expected
    assert sentences(run(model, stdin=Path("lines.txt").read_text())) == expected
    assert sentences(run(model, "--input", "-", stdin="a\n")) == ["a"]
    assert run(model, stdin="").stdout == ""


def test_the_suffix_tells_the_format(model: Path) -> None:
    rows = {}
    for name in ("a.jsonl", "a.csv", "a.parquet", "a.txt"):
        result = run(model, "The cat sleeps.", "--output", name)
        assert (result.exit_code, result.stdout) == (0, f"{name}\n")
        rows[name] = Path(name).read_bytes()
    assert sorted(path.name for path in Path().iterdir()) == sorted(rows)  # and nothing temporary
    first = json.loads(rows["a.jsonl"])
    assert first["sentence"] == "The cat sleeps."
    header, row = rows["a.csv"].decode().splitlines()
    assert header == '"sentence","label","probability"'
    assert row == f'"The cat sleeps.","{first["label"]}",{first["probability"]}'
    assert pq.read_table("a.parquet").to_pylist()[0]["probability"] == pytest.approx(first["probability"], abs=1e-6)
    assert rows["a.txt"].decode().split("\t")[2] == "The cat sleeps.\n"
    assert json.loads(run(model, "The cat sleeps.", "--format", "jsonl").stdout) == first


def test_a_forgotten_input_is_suspected(model: Path) -> None:
    Path("lines.txt").write_text("The cat sleeps.\n")
    result = run(model, "lines.txt")
    assert sentences(result) == ["lines.txt"]
    assert result.stderr == "lines.txt is judged as a sentence. For the lines of the file, type --input lines.txt\n"
    assert run(model, "lines.txt", "--quiet").stderr == run(model, "lines.txt", "a").stderr == ""
    assert sentences(run(model, "word " * 1000)) == ["word " * 1000]


@pytest.mark.parametrize(("output", "file"), [(None, "CoLA.tsv"), ("out", "out/CoLA.tsv"), ("my.tsv", "my.tsv")])
def test_glue(model: Path, output: str | None, file: str) -> None:
    Path("test.tsv").write_text(TEST_TSV)
    Path("out").mkdir()
    result = run(model, "--glue", "--input", "test.tsv", *(["--output", output] if output else []))
    assert (result.exit_code, result.stdout) == (0, f"{file}\n")
    header, *rows = [line.split("\t") for line in Path(file).read_text().splitlines()]
    assert header == ["index", "prediction"]
    assert [row[0] for row in rows] == ["0", "1", "2"]
    expected = colactl.predict(model, ["The cat sleeps.", "Cat the sleeps.", ""])
    assert [row[1] for row in rows] == [str(int(each.label == "acceptable")) for each in expected]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a", "--input", "lines.txt"], 2, "both given"),
        (["a", "--format", "xml"], 2, "no format 'xml'"),
        (["a", "--format", "parquet"], 2, "Parquet cannot be written to stdout"),
        (["a", "--glue", "--format", "csv"], 2, "format of its own"),
        (["a", "--output", "no/such.csv"], 2, "no folder no"),
        (["a", "--output", "."], 2, "is a folder"),
        (["--nope"], 2, "--nope"),
        (["--input", "nope.txt"], 3, "there is no file nope.txt"),
        (["--input", "."], 3, "is a directory"),
        (["--input", "latin.txt", "--output", "a.csv"], 3, "latin.txt:2: the byte 0xfc is not UTF-8"),
    ],
)
def test_what_is_wrong_is_told(model: Path, arguments: list[str], code: int, message: str) -> None:
    Path("latin.txt").write_bytes(b"a\n\xfcber\n")
    assert message in refused("predict", model, *arguments, code=code)
    assert [path.name for path in Path().iterdir()] == ["latin.txt"]


def test_a_fault_after_the_first_window_leaves_no_file(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colactl.training.scoring.predictions.WINDOW_SENTENCES", 2)
    Path("lines.txt").write_bytes(b"a\nb\nc\nd\n\xff\n")
    Path("out.csv").write_text("old")
    assert run(model, "--input", "lines.txt", "--output", "out.csv").exit_code == 3
    assert Path("out.csv").read_text() == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["lines.txt", "out.csv"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_no_file(
    model: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    monkeypatch.setattr("colactl.training.scoring.scorer.Scorer.probabilities", lambda *_: os.kill(os.getpid(), number))
    result = run(model, "a", "--output", "out.csv")
    assert (result.exit_code, result.stderr) == (code, "colactl: prediction was interrupted\n")
    assert list(Path().iterdir()) == []


def test_a_device_is_written_to_and_stays(model: Path) -> None:
    Path("pipe").symlink_to("/dev/null")
    assert run(model, "a", "--output", "/dev/null").exit_code == 0
    assert run(model, "a", "--output", "pipe").exit_code == 0
    assert Path("/dev/null").is_char_device()
    assert Path("pipe").is_symlink()


def test_a_fault_leaves_no_file_in_dev_shm_and_none_behind_a_link(model: Path, in_memory: Path) -> None:
    Path("latin.txt").write_bytes(b"a\n" * 9000 + b"\xff\n")
    assert run(model, "--input", "latin.txt", "--output", in_memory / "out.csv").exit_code == 3
    assert list(in_memory.iterdir()) == []
    Path("link.csv").symlink_to(in_memory / "out.csv")
    result = run(model, "a", "--output", "link.csv")
    assert (result.exit_code, result.stdout) == (0, "link.csv\n")
    assert Path("link.csv").is_symlink()
    assert (in_memory / "out.csv").read_text().startswith('"sentence"')


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_stdout_by_its_names_holds_data_alone(model: Path, name: str) -> None:
    assert sentences(run(model, "a", "--output", name)) == ["a"]
    assert run(model, "a", "--output", name, "--glue").stdout.startswith("index\tprediction\n0\t")
    assert list(Path().iterdir()) == []


def test_an_open_file_is_added_to_and_not_announced(model: Path) -> None:
    with Path("log").open("w") as log:
        log.write("before\n")
        log.flush()
        result = run(model, "a", "--output", f"/dev/fd/{log.fileno()}")
    assert (result.exit_code, result.stdout) == (0, "")
    before, answer = Path("log").read_text().splitlines()
    assert (before, answer.split("\t")[2]) == ("before", "a")


def test_a_full_disk_behind_stdout(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(TrainingError, match="stdout cannot be written: No space left on device"):
            predict(str(model), ["a"], None, None, "text", Output(quiet=True))


def test_a_read_that_fails_is_the_inputs_fault(model: Path) -> None:
    assert "/proc/self/mem cannot be read" in refused(
        "predict", model, "--input", "/proc/self/mem", "--output", "out.csv", code=3
    )


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    assert "neither a run nor a model" in refused("predict", tmp_path, "a", code=3)


def test_in_python(model: Path, write_model: Callable[..., Path], tmp_path: Path) -> None:
    run = Run(tmp_path)
    write_model(tmp_path / "model")
    run.complete({})
    (found,) = colactl.predict(run, "The cat sleeps.")
    again = colactl.predict(str(model), ["The cat sleeps.", "a"])[0]
    assert (found.sentence, found.label) == (again.sentence, again.label) == ("The cat sleeps.", "unacceptable")
    assert found.probability == pytest.approx(again.probability, abs=1e-5)
    assert colactl.predict(model, []) == []


def test_a_terminal_and_no_sentence() -> None:
    main, side = pty.openpty()
    command = [sys.executable, "-m", "colactl", "predict", "some/model"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stdin=side, capture_output=True, text=True, env=environment, timeout=60)
    os.close(main)
    os.close(side)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no sentence to judge" in done.stderr


def test_a_file_has_its_share_and_a_pipe_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("lines.txt").write_text("The cat sleeps.\n" * 1500)
    with closing(Terminal(monkeypatch)) as screen:
        with open_lines(Path("lines.txt")) as lines, progress_bar(Output(), lines, Path("out.txt")) as add:
            for _ in lines:
                pass
            add(1000)
            add(500)
        last = screen.shown().splitlines()[-1]
        assert "100%" in last
        assert "1,500 sentences" in last
        with progress_bar(Output(), Lines(io.BytesIO(b"a\n"), "stdin"), None) as add:
            add(7)
        assert "7 sentences" in screen.shown()


@pytest.mark.parametrize("why", ["quiet", "nothing to wait for", "data on the same terminal", "nobody looks"])
def test_no_bar(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    source = None if why == "nothing to wait for" else Lines(io.BytesIO(), "stdin")
    log = io.StringIO()
    with closing(Terminal(monkeypatch)) as screen:
        monkeypatch.setattr(sys, "stdout", sys.stderr if why == "data on the same terminal" else io.StringIO())
        if why == "nobody looks":
            monkeypatch.setattr(sys, "stderr", log)
        with progress_bar(Output(quiet=why == "quiet"), source, None) as add:
            add(7)
        assert screen.shown() + log.getvalue() == ""


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder of /dev whose files are like any other."""
    if not Path("/dev/shm").is_dir():
        pytest.skip("this system has no /dev/shm")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.mark.slow
def test_the_command_itself(model: Path) -> None:
    """Arguments, a file, stdin, --, --glue, and a reader that goes away, in a shell."""
    Path("lines.txt").write_text("The cat sleeps.\n" * 40_000)
    Path("test.tsv").write_text(TEST_TSV)
    script = f"""
    set -e
    colactl() {{ {sys.executable} -m colactl "$@"; }}
    colactl predict {model} "The cat sleeps." -- -x | cut -f3
    colactl predict {model} --input lines.txt | head -1 | cut -f3
    echo "From stdin." | colactl predict {model} --format jsonl | grep -c From
    colactl predict {model} --glue --input test.tsv
    colactl predict {model} --input lines.txt --output out.parquet
    wc -l < CoLA.tsv
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=300)
    assert done.stdout.split("\n") == [
        "The cat sleeps.",
        "-x",
        "The cat sleeps.",
        "1",
        "CoLA.tsv",
        "out.parquet",
        "4",
        "",
    ]
    assert done.stderr == ""
    assert pq.read_metadata("out.parquet").num_rows == 40_000
