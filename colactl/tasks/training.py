"""Training runs: new ones and resumed ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from colactl.errors import ColactlError, Interrupted, TrainingError, as_training_error
from colactl.runs.create import abandon, create, default_folder, write_hydra_files
from colactl.runs.files import DISK_FULL
from colactl.runs.provenance import provenance
from colactl.runs.run import LOG, Run
from colactl.shell import quoted
from colactl.tasks.importing import check_classes, uncollected
from colactl.tasks.provenance import record_provenance, shown
from colactl.training import ranks
from colactl.training.interruption import interruptible
from colactl.training.supervisor import supervise

if TYPE_CHECKING:
    from colactl.training.pruning import Report


@dataclass(frozen=True)
class Record:
    """How a config was composed, for the run's `.hydra` folder.

    Attributes:
        hydra: The composed config; of it, Hydra's own node is recorded.
        overrides: Those that were typed.
    """

    hydra: DictConfig | None = None
    overrides: tuple[str, ...] = ()


def train(
    config: DictConfig,
    folder: Path | None = None,
    *,
    unique: bool = False,
    record: Record = Record(),
    talkative: bool = True,
) -> Run:
    """Trains on a validated config, in a new run folder.

    Args:
        config: Validated, without Hydra's node.
        folder: The run's folder; None puts it under `outputs/`, by day and second.
        unique: Whether four random letters are added to the folder's name.
        record: How the config was composed.
        talkative: Whether progress and warnings may be shown on stderr.

    Returns:
        The complete run. Where torchrun or Slurm has started several processes, it is the first one's in all of them.

    Raises:
        ConfigError: A class that the config names is not what its group is for; nothing is written.
        ColactlError: The folder is taken, the data or the model is not to be had, or the training failed.
    """
    check_classes(config)
    if ranks.follows(config.training):
        return follow(config)
    run = create(folder or default_folder(), unique or folder is None)
    with _writing(run.folder, "Choose another with: --set hydra.run.dir=DIR"):
        try:
            write_hydra_files(run.folder, config, record.hydra, list(record.overrides))
        except OSError:
            abandon(run)
            raise
    return work(run, config, talkative)


def resume(folder: Path, talkative: bool = True) -> Run:
    """Goes on with a run that was interrupted, or that failed, to the end that it would have had.

    Args:
        folder: The run's; one without a checkpoint starts again from its start.
        talkative: Whether progress and warnings may be shown on stderr.

    Returns:
        The complete run; one that is complete already is left as it is.

    Raises:
        ConfigError: There is no run, or another process works on it, or as `train`.
        ColactlError: As `train`.
    """
    run = Run(folder.expanduser().absolute())
    if run.status == "done":
        return run
    config = run.config
    check_classes(config)  # before anything of the folder changes: somebody else may have made it
    return follow(config, run.folder) if ranks.follows(config.training) else work(run, config, talkative, resume=True)


def follow(config: DictConfig, folder: Path | None = None) -> Run:
    """Trains along with the first of several processes, and returns its run; a folder is of one that is resumed."""
    from colactl.training.follow import follow

    return Run(follow(config, folder))


def work(
    run: Run, config: DictConfig, talkative: bool = False, resume: bool = False, report: Report | None = None
) -> Run:
    """Trains in a run folder that exists, and records how it ends there.

    Args:
        run: Nothing else may work on it.
        config: Validated.
        talkative: Whether progress and warnings may be shown on stderr.
        resume: Whether to go on from the newest checkpoint there is.
        report: Whom the run reports to, if its training may be pruned.

    Raises:
        ColactlError: Whatever went wrong; a library's own exception is told as a `TrainingError`.
    """
    again = f"Go on with: colactl train --resume {quoted(shown(run.folder))}"
    with _writing(run.folder, f"Then: {again}"), run.recording():
        try:
            with interruptible():
                run.complete(_figures(run, config, talkative, resume, report))
                if ranks.place(config.training) is not None:
                    from colactl.training.follow import shared_folder

                    shared_folder(run.folder)
        except Interrupted as error:
            raise Interrupted(f"{error.message}.", again, error.exit_code - 128) from error
        except ColactlError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise _unwritable(run.folder, error, f"Then: {again}") from error
            raise as_training_error(error, f"See {run.folder / LOG}") from error
    return run


@contextmanager
def _writing(folder: Path, hint: str) -> Iterator[None]:
    """Tells in a sentence that a run's own small files cannot be written, such as its lock and its status."""
    try:
        yield
    except OSError as error:
        raise _unwritable(folder, error, hint) from error


def _unwritable(folder: Path, error: OSError, hint: str) -> TrainingError:
    return TrainingError(f"{folder} cannot be written to: {(error.strerror or str(error)).lower()}.", hint)


def _figures(run: Run, config: DictConfig, talkative: bool, resume: bool, report: Report | None) -> dict[str, Any]:
    from colactl.training.availability import fetch
    from colactl.training.corpus import load_splits
    from colactl.training.settings import settle

    fetch(config)  # first: what is not to be had is told without seconds of imports, and settling may need torch
    settled = settle(config)
    run.write_config(settled)
    splits = load_splits(settled.data)
    record_provenance(run, provenance(settled.seed, splits.fingerprint()))

    ranks.keep_threads(settled.training)
    if (size := ranks.processes(settled.training)) > 1:
        return supervise(run.folder, size, settled.training.threads, talkative, resume)

    with uncollected():
        from colactl.training.fit import fit  # after the data: bad data is told without seconds of imports

    return fit(settled, splits, run.folder, talkative, resume, report)
