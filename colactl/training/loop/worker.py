"""The processes that train along with rank 0: those that colactl starts, and those of torchrun or Slurm.

`python -m colactl.training.loop.worker FOLDER` is how the supervisor starts each process of a run on several devices,
rank 0 included.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

from omegaconf import DictConfig

from colactl.errors import ColactlError, as_training_error
from colactl.host.ranks import ProcessGroup, process_group
from colactl.redaction import redacted
from colactl.runs.run import LOG, Run
from colactl.training.data.corpus import load_splits
from colactl.training.devices.supervisor import Answer


def train_along(config: DictConfig, folder: Path | None, group: ProcessGroup) -> Path:
    """Trains as a worker of torchrun or Slurm: writes nothing, and prints only the traceback of an unexpected failure.

    Args:
        config: The one that rank 0 trains with.
        folder: That of a run that all processes resume; None for a new one.
        group: Which process this is.

    Returns:
        Rank 0's folder, once its run is complete.

    Raises:
        ColactlError: Whatever went wrong in this process.
    """
    from colactl.training.collectives import broadcast_folder
    from colactl.training.devices.settings import settle
    from colactl.training.loop.fit import fit

    try:
        settled = settle(config, group)
        group.keep_threads(settled.training.threads)
        with tempfile.TemporaryDirectory(prefix="colactl-") as scratch:
            own = folder or Path(scratch)
            fit(settled, load_splits(settled.data), own, group, verbose=False, resume=folder is not None)
        return broadcast_folder(None)
    except ColactlError:
        raise
    except Exception as error:
        sys.stderr.write(redacted(traceback.format_exc()))  # this process has no log
        raise as_training_error(error, "The log of rank 0 may say more.") from error


def main(folder: Path, verbose: bool, resume: bool) -> int:
    """Trains as a process of the supervisor, with the config that is frozen in the run's folder.

    Args:
        folder: The run's.
        verbose: Whether rank 0 may show progress and warnings on stderr.
        resume: Whether to go on from the newest checkpoint.

    Returns:
        The exit code; the supervisor reads an `Answer` from what was this process's stdout.
    """
    rank = int(os.environ["RANK"])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes to stderr
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of some shells
    # Slurm and systemd send SIGTERM to every process. The supervisor passes it on; with a second one this process
    # would not save. Blocked rather than ignored, because Lightning sets a handler; threads started later inherit it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
    metrics, error = None, None
    try:
        from colactl.training.loop.fit import fit  # which takes seconds to import, and the signals come before

        config = Run(folder).config
        metrics = fit(config, load_splits(config.data), folder, process_group(config.training), verbose, resume)
    except BaseException as raised:
        error = _logged(raised, folder, rank)
    with answers:
        pickle.dump(Answer(metrics, error, time.time()), answers)
    return 0 if error is None else 1


def _logged(raised: BaseException, folder: Path, rank: int) -> ColactlError | OSError:
    """Writes a failure to the run's log, and returns it as what the supervisor may raise."""
    with suppress(OSError), (folder / LOG).open("a", encoding="utf-8") as log:  # the failure may be a full disk
        log.write(redacted(f"The worker process of device {rank}:\n" + "".join(traceback.format_exception(raised))))
    if isinstance(raised, ColactlError | OSError):
        return raised
    return as_training_error(raised, f"See {folder / LOG}")


def _end_with_the_supervisor() -> None:
    os.read(0, 1)  # nothing is ever written: it returns when the supervisor closes its end, if only by being killed
    os.killpg(0, signal.SIGKILL)  # this process, which may hang in a collective operation, and what it has started


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--verbose" in sys.argv, "--resume" in sys.argv))
