"""colactl predict: the probability and the label of sentences."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from colactl.cli.options import Model, Quiet
from colactl.cli.output import Output, console, is_terminal, writing_stdout
from colactl.errors import ConfigError, TrainingError
from colactl.shell import quoted
from colactl.training.scoring.predictions import FORMATS as WRITERS
from colactl.training.scoring.predictions import format_of, writer

if TYPE_CHECKING:
    from colactl.training.scoring.predictions import Lines

GLUE, GLUE_FILE = "glue", "CoLA.tsv"
FORMATS = [name for name in WRITERS if name != GLUE]  # that one has an option of its own
STDIN, STDOUT = "-", ("-", "/dev/stdout", "/dev/fd/1")
STDERR, OPEN_FILES = Path("/dev/stderr"), Path("/dev/fd")
USAGE = "Type: colactl predict RUN_OR_MODEL 'A sentence.', or --input FILE, or sentences on stdin, one a line."

Sentences = Annotated[
    list[str] | None, typer.Argument(metavar="SENTENCE", help="Sentences; after -- where one begins with a dash.")
]
InputFile = Annotated[
    Path | None, typer.Option("--input", "-i", metavar="FILE", help="Sentences, one a line; - is stdin.")
]
OutputFile = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here; - is stdout.")]
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


def command(
    model: Model,
    sentences: Sentences = None,
    source: InputFile = None,
    target: OutputFile = None,
    file_format: Format = None,
    glue: Glue = False,
    quiet: Quiet = False,
) -> None:
    """Judge sentences: each one's probability of being acceptable, and its label."""
    file = output_file(target, glue)
    file_format = output_format(file, file_format, glue)
    predict(model, sentences or [], source, file, file_format, Output(quiet))


def predict(
    model: str, sentences: list[str], source: Path | None, file: Path | None, file_format: str, output: Output
) -> None:
    """Reads, scores and writes, a window of sentences at a time.

    Args:
        model: A run's folder, a model's folder, or a name on the Hub.
        sentences: To judge; where there are none they are read.
        source: The file to read, `-` or None for stdin.
        file: The file to write, see `output_file`.
        file_format: Of the file, see `output_format`.
        output: Where the file's name is written.

    Raises:
        ColactlError: Whatever went wrong; then no file is written.
    """
    from colactl import tasks
    from colactl.host.signals import interruptible

    _suspect_a_file(sentences, output)
    with interruptible("prediction"), _reading(sentences, source, file_format == GLUE) as read:
        predictions = tasks.predict(model, read)
        lines = None if isinstance(read, Iterator) else read
        with _opened(file) as target, writer(target, file_format) as write, progress_bar(output, lines, file) as count:
            for window in predictions:
                write(window)
                count(len(window))
    if file is not None and not _is_special(file):
        output.data(str(file))


def output_file(target: Path | None, glue: bool) -> Path | None:
    """The file to write; None is stdout.

    Args:
        target: As typed after --output.
        glue: Whether it is GLUE's file, which has a name of its own.

    Raises:
        ConfigError: It is a folder, or in no folder.
    """
    if target is None:
        return Path(GLUE_FILE) if glue else None
    if str(target) in STDOUT:
        return None
    if glue and target.is_dir():
        return target / GLUE_FILE
    if target.is_dir():
        raise ConfigError(f"--output {target} is a folder.", "Name a file in it.")
    if not target.parent.is_dir():
        raise ConfigError(
            f"--output {target}: there is no folder {target.parent}.", f"Make it: mkdir -p {target.parent}"
        )
    return target


def output_format(file: Path | None, file_format: str | None, glue: bool) -> str:
    """The name of the format to write.

    Args:
        file: See `output_file`.
        file_format: As typed after --format.
        glue: Whether it is GLUE's.

    Raises:
        ConfigError: There is no such format, or it does not go with the others.
    """
    if glue and file_format is not None:
        raise ConfigError("--glue has a format of its own.", f"Leave out --glue, or --format {file_format}.")
    if glue:
        return GLUE
    if file_format is not None and file_format not in FORMATS:
        raise ConfigError(f"There is no format {file_format!r}.", f"The formats are {', '.join(FORMATS)}.")
    if file is None and file_format == "parquet":
        raise ConfigError("Parquet cannot be written to stdout.", "Name a file: --output predictions.parquet")
    return file_format or (format_of(file) if file else "text")


@contextmanager
def _reading(sentences: list[str], source: Path | None, glue: bool) -> Iterator[Lines | Iterator[str]]:
    from colactl.training.scoring.predictions import Lines, checked, open_lines

    if sentences and source:
        raise ConfigError("Sentences and --input were both given.", "Give one of them.")
    if sentences:
        yield checked(sentences)
    elif source and str(source) != STDIN:
        with open_lines(source, glue) as lines:
            yield lines
    elif sys.stdin is None or is_terminal(sys.stdin):
        raise ConfigError("There is no sentence to judge.", USAGE)
    else:
        yield Lines(sys.stdin.buffer, "stdin", glue)


def _suspect_a_file(sentences: list[str], output: Output) -> None:
    """Warns if --input was probably forgotten; the name is judged as a sentence all the same."""
    with suppress(OSError):  # a sentence may be too long for a file's name
        if len(sentences) == 1 and Path(sentences[0]).is_file():
            name = quoted(sentences[0])
            output.talk(f"{name} is judged as a sentence. For the lines of the file, type --input {name}")


@contextmanager
def _opened(file: Path | None) -> Iterator[IO[bytes]]:
    from colactl.runs.files import replacing

    if file is None:
        with writing_stdout() as stdout:
            yield stdout
        return
    try:
        # Appending, because /dev/stderr may be a file that has more in it; and a link stays one.
        with file.open("ab") if _is_special(file) else replacing(file.resolve()) as target:
            yield target
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TrainingError(f"{file} cannot be written: {error.strerror or error}.") from error


def _is_special(path: Path) -> bool:
    """Whether it is a device, a pipe or an open file, which must not be replaced by a new file."""
    name = path.absolute()
    return name == STDERR or name.parent == OPEN_FILES or (path.exists() and not path.is_file())


@contextmanager
def progress_bar(output: Output, lines: Lines | None, file: Path | None) -> Iterator[Callable[[int], None]]:
    """Gives a function that counts sentences, and shows a bar on stderr if a person is there to see it.

    Args:
        output: Whether it is quiet.
        lines: What is read, for how much is left of it; None where there is little to wait for.
        file: The file that is written; None is stdout, and a bar and data on one terminal would mix.
    """
    seen = is_terminal(sys.stderr) and not (file is None and is_terminal(sys.stdout))
    if output.quiet or lines is None or not seen:
        yield lambda _: None
        return
    from rich import progress

    count = progress.TextColumn("{task.fields[done]:,} sentences")
    times = progress.TimeElapsedColumn(), progress.TimeRemainingColumn()
    with progress.Progress(
        progress.BarColumn(), progress.TaskProgressColumn(), count, *times, console=console(sys.stderr)
    ) as bar:
        task = bar.add_task("", total=lines.size, done=0)
        done = 0

        def add(sentences: int) -> None:
            nonlocal done
            done += sentences
            bar.update(task, completed=lines.position, done=done)

        yield add
