"""One process of a run on several devices: `python -m colactl.training.devices.worker FOLDER`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from colactl.errors import ColactlError, as_training_error
from colactl.redaction import redacted
from colactl.runs.run import LOG, Run
from colactl.training.devices.processes import Answer


def main(folder: Path, talkative: bool, resume: bool) -> int:
    """Trains with the config that is frozen in the run's folder.

    Args:
        folder: The run's.
        talkative: Whether the first process may show progress and warnings on stderr.
        resume: Whether to go on from the newest checkpoint.

    Returns:
        The exit code; the supervisor reads an `Answer` from what was this process's stdout.
    """
    rank = int(os.environ["RANK"])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints is talk
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of some shells
    # Slurm and systemd send SIGTERM to every process. The supervisor passes it on, and this one, told twice, would not
    # save. Blocked rather than ignored, because Lightning sets a handler of its own; threads started later inherit it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
    figures, error = None, None
    try:
        figures = _figures(folder, talkative and rank == 0, resume)
    except BaseException as raised:
        error = _told(raised, folder, rank)
    with answers:
        pickle.dump(Answer(figures, error, time.time()), answers)
    return 0 if error is None else 1


def _figures(folder: Path, talkative: bool, resume: bool) -> dict[str, Any]:
    from colactl.training.data.corpus import load_splits
    from colactl.training.loop.fit import fit

    config = Run(folder).config
    return fit(config, load_splits(config.data), folder, talkative, resume)


def _told(raised: BaseException, folder: Path, rank: int) -> ColactlError | OSError:
    with suppress(OSError), (folder / LOG).open("a", encoding="utf-8") as log:  # a full disk is what it may be about
        log.write(redacted(f"The worker process of device {rank}:\n" + "".join(traceback.format_exception(raised))))
    if isinstance(raised, ColactlError | OSError):
        return raised
    return as_training_error(raised, f"See {folder / LOG}")


def _end_with_the_supervisor() -> None:
    os.read(0, 1)  # nothing is ever written: it returns when the other end is closed, if only by a kill
    os.killpg(0, signal.SIGKILL)  # this process and what it has started; a collective operation may hold it up


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--talk" in sys.argv, "--resume" in sys.argv))
