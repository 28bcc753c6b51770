"""What must hold whatever is fed: success, or a message and a documented exit code, soon, and nothing left behind."""

from __future__ import annotations

import faulthandler
import sys
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from colactl.cli.app import app
from tests.fuzz import inputs

sys.path.append(str(Path(__file__).parent / "trap"))  # where the canary is
FOLDER = "{}"  # stands for the folder of files in a command line
CODES = (0, 1, 2, 3, 4)
HANG = 10  # seconds
PERSONAL = ("Traceback", "unexpected error")


def run(arguments: Sequence[str], files: dict[str, bytes] | None = None) -> Result:
    """Runs a command in an empty folder, beside one that holds files, and checks how it ended."""
    with tempfile.TemporaryDirectory() as place:
        work, configs = Path(place, "work"), Path(place, "configs")
        work.mkdir()
        configs.mkdir()
        for name, text in (files or {}).items():
            (configs / name).parent.mkdir(parents=True, exist_ok=True)
            (configs / name).write_bytes(text)
        typed = [str(configs) if word == FOLDER else word for word in arguments]
        faulthandler.dump_traceback_later(HANG, exit=True, file=sys.__stderr__)
        try:
            with chdir(work), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Hydra's, which are not ours to judge
                result = CliRunner().invoke(app, typed, input="")
        finally:
            faulthandler.cancel_dump_traceback_later()
        told = result.stdout + result.stderr
        assert result.exit_code in CODES, (typed, result.exit_code, result.exception)
        assert not any(words in told for words in PERSONAL), (typed, told[-2000:])
        assert result.exit_code == 0 or result.stderr or result.stdout, typed  # help is told on stdout
        assert list(work.iterdir()) == [], typed
        assert "canary" not in sys.modules
    return result


def any_overrides(data: st.DataObject) -> None:
    """Overrides, on every command that composes."""
    begin, end = data.draw(st.sampled_from(inputs.COMMANDS))
    texts = data.draw(inputs.some_overrides)
    run([*begin, *(word for text in texts for word in ("--set", text)), *end])


def any_files(data: st.DataObject) -> None:
    """A user's folder of configs."""
    begin, end = data.draw(st.sampled_from(inputs.COMMANDS))
    files = data.draw(inputs.folders)
    chosen = data.draw(
        st.sampled_from([[], ["--config-name", "mine"], ["--set", "model=mine"], ["--set", "experiment=mine"]])
    )
    run([*begin, "--config-dir", FOLDER, *chosen, *end], files)


def any_arguments(data: st.DataObject) -> None:
    """Command lines."""
    begin, end = data.draw(st.sampled_from(inputs.LOOKING))
    run([*begin, *data.draw(st.lists(inputs.arguments, max_size=5)), *end])


def any_run(data: st.DataObject) -> None:
    """A folder of a run or of a sweep that somebody has changed."""
    begin, end = data.draw(st.sampled_from(inputs.READING))
    run([*begin, *end], data.draw(inputs.run_folders))


PROPERTIES = (any_overrides, any_files, any_arguments, any_run)
