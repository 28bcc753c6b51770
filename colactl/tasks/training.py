"""Training runs, new and resumed, and what has changed since a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from colactl.errors import ColactlError, DataError, Interrupted, TrainingError, as_training_error
from colactl.host.ranks import ProcessGroup, process_group
from colactl.host.signals import interruptible
from colactl.runs.create import abandon, create, default_folder, write_hydra_files
from colactl.runs.files import DISK_FULL
from colactl.runs.provenance import drifted, provenance
from colactl.runs.run import LOG, Run
from colactl.shell import quoted, relative
from colactl.tasks.importing import check_classes, uncollected
from colactl.training.data.corpus import load_splits
from colactl.training.devices.counts import processes_to_start
from colactl.training.devices.settings import settle
from colactl.training.devices.supervisor import supervise

if TYPE_CHECKING:
    from colactl.training.loop.callbacks import Report


@dataclass(frozen=True)
class Record:
    """How a config was composed, for the run's `.hydra` folder.

    Attributes:
        hydra: The composed config, whose node of Hydra's is recorded.
        overrides: As typed.
    """

    hydra: DictConfig | None = None
    overrides: tuple[str, ...] = ()


def train(
    config: DictConfig,
    folder: Path | None = None,
    *,
    unique: bool = False,
    group: ProcessGroup | None = None,
    record: Record = Record(),
    verbose: bool = True,
) -> Run:
    """Trains on a validated config, in a new run folder.

    Args:
        config: Validated, without Hydra's node.
        folder: The run's folder; None puts it under `outputs/`, by day and second.
        unique: Whether four random letters are added to the folder's name.
        group: Which of the run's processes this is; None finds it out.
        record: How the config was composed.
        verbose: Whether progress and warnings may be shown on stderr.

    Returns:
        The complete run. Where torchrun or Slurm has started several processes, all of them return that of rank 0.

    Raises:
        ConfigError: A class that the config names is not what its group is for; nothing is written.
        ColactlError: The folder is taken, the data or the model is not available, or the training failed.
    """
    check_classes(config)
    group = group or process_group(config.training)
    if group.is_worker:
        return train_along(config, group)
    run = create(folder or default_folder(), unique or folder is None)
    with _write_errors_explained(run.folder, "Choose another with: --set hydra.run.dir=DIR"):
        try:
            write_hydra_files(run.folder, config, record.hydra, list(record.overrides))
        except OSError:
            abandon(run)
            raise
    return train_in(run, config, group, verbose=verbose)


def resume(folder: Path, group: ProcessGroup | None = None, verbose: bool = True) -> Run:
    """Continues a run that was interrupted or that failed, as if it had never stopped.

    Args:
        folder: The run's; one without a checkpoint starts from the beginning.
        group: Which of the run's processes this is; None finds it out.
        verbose: Whether progress and warnings may be shown on stderr.

    Returns:
        The complete run; one that is complete already is not changed.

    Raises:
        ConfigError: There is no run, or another process works on it, or as `train`.
        ColactlError: As `train`.
    """
    run = Run(folder.expanduser().absolute())
    if run.status == "done":
        return run
    config = run.config
    check_classes(config)  # before anything of the folder changes: it may be somebody else's
    group = group or process_group(config.training)
    if group.is_worker:
        return train_along(config, group, run.folder)
    return train_in(run, config, group, resume=True, verbose=verbose)


def processes_needed(training: DictConfig) -> int:
    """How many processes a run would start on this machine; 1 where it trains in the present one."""
    return processes_to_start(training, process_group(training))


def train_along(config: DictConfig, group: ProcessGroup, folder: Path | None = None) -> Run:
    """Trains as a worker, and returns the run of rank 0; `folder` is that of a run which is resumed."""
    from colactl.training.loop import worker

    return Run(worker.train_along(config, folder, group))


def train_in(
    run: Run,
    config: DictConfig,
    group: ProcessGroup,
    *,
    resume: bool = False,
    report: Report | None = None,
    verbose: bool = False,
) -> Run:
    """Trains as rank 0 in a run folder that exists, and records there how it ends.

    Args:
        run: Nothing else may work on it.
        config: Validated.
        group: Which of the run's processes this is.
        resume: Whether to go on from the newest checkpoint, if there is one.
        report: Takes the metric of each validation, if the training may be pruned.
        verbose: Whether progress and warnings may be shown on stderr.

    Raises:
        ColactlError: Whatever went wrong; a library's own exception becomes a `TrainingError`.
    """
    again = f"Go on with: colactl train --resume {quoted(relative(run.folder))}"
    with _write_errors_explained(run.folder, f"Then: {again}"), run.recording():
        try:
            with interruptible():
                run.complete(_train(run, config, group, resume, report, verbose))
                if group.is_launched:
                    from colactl.training.collectives import broadcast_folder

                    broadcast_folder(run.folder)
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
def _write_errors_explained(folder: Path, hint: str) -> Iterator[None]:
    """Turns an error of writing a run's own small files, such as its lock and its status, into a `TrainingError`."""
    try:
        yield
    except OSError as error:
        raise _unwritable(folder, error, hint) from error


def _unwritable(folder: Path, error: OSError, hint: str) -> TrainingError:
    return TrainingError(f"{folder} cannot be written to: {(error.strerror or str(error)).lower()}.", hint)


def _train(
    run: Run, config: DictConfig, group: ProcessGroup, resume: bool, report: Report | None, verbose: bool
) -> dict[str, Any]:
    from colactl.training.hub.availability import fetch

    fetch(
        config
    )  # first: a missing model or data set is reported before seconds of imports, and `settle` may need torch
    settled = settle(config, group)
    run.write_config(settled)
    splits = load_splits(settled.data)
    _record_provenance(run, provenance(settled.seed, splits.fingerprint()))

    group.keep_threads(settled.training.threads)
    if (size := processes_to_start(settled.training, group)) > 1:
        return supervise(run.folder, size, settled.training.threads, verbose, resume)

    with uncollected():
        from colactl.training.loop.fit import fit  # after the data: bad data is reported before seconds of imports

    return fit(settled, splits, run.folder, group, verbose, resume, report)


def drift(run: Run, config: DictConfig) -> tuple[str, ...]:
    """What has changed since a run began, a sentence each: code, packages, data and hardware.

    Args:
        run: Any.
        config: The one that is to train now; its data is loaded.

    Raises:
        DataError: The data is not available.
    """
    if run.provenance is None:
        return (f"{run.folder} has no provenance.json, so what it ran with is not known",)
    return drifted(run.provenance, provenance(config.seed, load_splits(config.data).fingerprint()))


def _record_provenance(run: Run, now: dict[str, Any]) -> None:
    """Keeps the first record of a resumed run, and adds the new one to it."""
    first = run.provenance
    if first is None:
        run.write_provenance(now)
        return
    if first["data_fingerprint"] != now["data_fingerprint"]:
        again = f"Train on the present data with: colactl train --rerun {quoted(relative(run.folder))}"
        raise DataError("The data is no longer what the run began with.", again)
    run.write_provenance(first | {"resumed": [*first.get("resumed", []), now]})
