"""colactl predict: what a trained model says of sentences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from colactl.cli.options import Model, Quiet
from colactl.cli.output import Output, is_terminal, writing_stdout
from colactl.errors import ConfigError, TrainingError
from colactl.shell import quoted
from colactl.training.scoring.predictions import FORMATS as WRITERS
from colactl.training.scoring.predictions import format_of, writer

if TYPE_CHECKING:
    from colactl.training.scoring.predictions import Lines

GLUE_FILE = "CoLA.tsv"
FORMATS = [name for name in WRITERS if name != "glue"]  # that one has an option of its own
STDOUT = ("-", "/dev/stdout", "/dev/fd/1")
STDERR, OPEN_FILES = Path("/dev/stderr"), Path("/dev/fd")
HOW = "Type: colactl predict RUN_OR_MODEL 'A sentence.', or --input FILE, or sentences on stdin, one a line."

Sentences = Annotated[
    list[str] | None, typer.Argument(metavar="SENTENCE", help="Sentences; after -- where one begins with a dash.")
]
Input = Annotated[Path | None, typer.Option("--input", "-i", metavar="FILE", help="Sentences, one a line; - is stdin.")]
Where = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here; - is stdout.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="|".join(FORMATS),
        help="By default as --output's suffix says.",
        autocompletion=lambda: FORMATS,
    ),
]
Glue = Annotated[bool, typer.Option("--glue", help=f"Write GLUE's {GLUE_FILE}, for its test.tsv as --input.")]


@dataclass(frozen=True)
class Request:
    """What was typed; see the command's options."""

    model: str
    sentences: tuple[str, ...] = ()
    input: Path | None = None
    output: Path | None = None
    format: str | None = None
    glue: bool = False


def command(
    model: Model,
    sentences: Sentences = None,
    source: Input = None,
    where: Where = None,
    file_format: Format = None,
    glue: Glue = False,
    quiet: Quiet = False,
) -> None:
    """Judge sentences: each one's probability of being acceptable, and its label."""
    predict(Request(model, tuple(sentences or ()), source, where, file_format, glue), Output(quiet))


def predict(request: Request, output: Output) -> None:
    """Reads, scores and writes, a window of sentences at a time.

    Raises:
        ColactlError: Whatever went wrong; then no file is written.
    """
    from colactl import tasks
    from colactl.cli.progress import progress
    from colactl.training.loop.interruption import interruptible

    path = _output_file(request)
    file_format = _format(request, path)
    _suspect_a_file(request, output)
    with interruptible("prediction"), _input(request) as sentences:
        predictions = tasks.predict(request.model, sentences)
        lines = None if isinstance(sentences, Iterator) else sentences
        with (
            _opened(path) as file,
            writer(file, file_format) as write,
            progress(output, lines, path is None) as count,
        ):
            for window in predictions:
                write(window)
                count(len(window))
    if path is not None and not _is_special(path):
        output.data(str(path))


def _output_file(request: Request) -> Path | None:
    """The file to write; None is stdout."""
    where = request.output
    if where is None:
        return Path(GLUE_FILE) if request.glue else None
    if str(where) in STDOUT:
        return None
    if request.glue and where.is_dir():
        return where / GLUE_FILE
    if where.is_dir():
        raise ConfigError(f"--output {where} is a folder.", "Name a file in it.")
    if not where.parent.is_dir():
        raise ConfigError(f"--output {where}: there is no folder {where.parent}.", f"Make it: mkdir -p {where.parent}")
    return where


def _format(request: Request, path: Path | None) -> str:
    if request.glue:
        if request.format is not None:
            raise ConfigError("--glue has a format of its own.", f"Leave out --glue, or --format {request.format}.")
        return "glue"
    if request.format is not None and request.format not in FORMATS:
        raise ConfigError(f"There is no format {request.format!r}.", f"The formats are {', '.join(FORMATS)}.")
    if path is None and request.format == "parquet":
        raise ConfigError("Parquet is no text for stdout.", "Name a file: --output predictions.parquet")
    return request.format or (format_of(path) if path else "text")


@contextmanager
def _input(request: Request) -> Iterator[Lines | Iterator[str]]:
    from colactl.training.scoring.predictions import Lines, checked, open_lines

    if request.sentences and request.input:
        raise ConfigError("Sentences and --input were both given.", "Give one of them.")
    if request.sentences:
        yield checked(request.sentences)
    elif request.input and str(request.input) != "-":
        with open_lines(request.input, request.glue) as lines:
            yield lines
    elif sys.stdin is None or is_terminal(sys.stdin):
        raise ConfigError("There is no sentence to judge.", HOW)
    else:
        yield Lines(sys.stdin.buffer, "stdin", request.glue)


def _suspect_a_file(request: Request, output: Output) -> None:
    """Tells whoever forgot --input; the name is judged all the same, for it may be meant."""
    with suppress(OSError):  # a sentence may be too long for a file's name
        if len(request.sentences) == 1 and Path(request.sentences[0]).is_file():
            name = quoted(request.sentences[0])
            output.talk(f"{name} is judged as a sentence. For the lines of the file, type --input {name}")


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes]]:
    from colactl.runs.files import replacing

    if path is None:
        with writing_stdout() as stdout:
            yield stdout
        return
    try:
        # Appending, because /dev/stderr may be a file that has more in it; and a link stays one.
        with path.open("ab") if _is_special(path) else replacing(path.resolve()) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror or error}.") from error


def _is_special(path: Path) -> bool:
    """Whether it is a device, a pipe or an open file: to put a file in its place would break more than this command."""
    name = path.absolute()
    return name == STDERR or name.parent == OPEN_FILES or (path.exists() and not path.is_file())
