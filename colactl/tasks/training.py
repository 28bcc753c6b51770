"""Training runs: new ones, resumed ones, and what has changed since one."""

from __future__ import annotations

import errno
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from colactl.errors import ColactlError, DataError, Interrupted, TrainingError, as_training_error
from colactl.runs.create import create, create_unique, default_folder, write_hydra_files
from colactl.runs.provenance import drifted, provenance
from colactl.runs.run import LOG, Run
from colactl.training import ranks
from colactl.training.interruption import interruptible
from colactl.training.supervisor import supervise

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # what a full disk, a full quota and a read-only one answer


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
        ColactlError: The folder is taken, the data or the model is not to be had, or the training failed.
    """
    if ranks.follows(config.training):
        return follow(config)
    run = create_unique(folder or default_folder()) if unique or folder is None else create(folder)
    write_hydra_files(run.folder, config, record.hydra, list(record.overrides))
    return work(run, config, talkative)


def resume(folder: Path, talkative: bool = True) -> Run:
    """Goes on with a run that was interrupted, or that failed, to the end that it would have had.

    Args:
        folder: The run's; one without a checkpoint starts again from its start.
        talkative: Whether progress and warnings may be shown on stderr.

    Returns:
        The complete run; one that is complete already is left as it is.

    Raises:
        ConfigError: There is no run, or another process works on it.
        ColactlError: As `train`.
    """
    run = Run(folder.expanduser().absolute())
    if run.status == "done":
        return run
    config = OmegaConf.load(run.config_file)
    assert isinstance(config, DictConfig)  # the run wrote it
    return follow(config, run.folder) if ranks.follows(config.training) else work(run, config, talkative, resume=True)


def follow(config: DictConfig, folder: Path | None = None) -> Run:
    """Trains along with the first of several processes, and returns its run; a folder is of one that is resumed."""
    from colactl.training.follow import follow

    return Run(follow(config, folder))


def work(run: Run, config: DictConfig, talkative: bool = False, resume: bool = False) -> Run:
    """Trains in a run folder that exists, and records how it ends there.

    Args:
        run: Nothing else may work on it.
        config: Validated.
        talkative: Whether progress and warnings may be shown on stderr.
        resume: Whether to go on from the newest checkpoint there is.

    Raises:
        ColactlError: Whatever went wrong; a library's own exception is told as a `TrainingError`.
    """
    again = f"Go on with: colactl train --resume {shlex.quote(_shown(run.folder))}"
    with run.recording():
        try:
            with interruptible():
                run.complete(_figures(run, config, talkative, resume))
                if ranks.place(config.training) is not None:
                    from colactl.training.follow import shared_folder

                    shared_folder(run.folder)
        except Interrupted as error:
            raise Interrupted(f"{error.message}.", again, error.exit_code - 128) from error
        except ColactlError:
            raise
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise as_training_error(error, f"See {run.folder / LOG}") from error
            reason = (error.strerror or "").lower()
            raise TrainingError(f"{run.folder} cannot be written to: {reason}.", f"Then: {again}") from error
        except Exception as error:
            raise as_training_error(error, f"See {run.folder / LOG}") from error
    return run


def drift(run: Run, config: DictConfig) -> tuple[str, ...]:
    """What is no longer as it was when a run began, a sentence each: code, packages, data and hardware.

    Args:
        run: Any.
        config: The one that is to train now; its data is loaded.

    Raises:
        DataError: The data is not to be had.
    """
    from colactl.training.corpus import load_splits

    if run.provenance is None:
        return (f"{run.folder} has no provenance.json, so what it ran with is not known",)
    return drifted(run.provenance, provenance(config.seed, load_splits(config.data).fingerprint()))


def _figures(run: Run, config: DictConfig, talkative: bool, resume: bool) -> dict[str, Any]:
    from colactl.training.availability import fetch
    from colactl.training.corpus import load_splits
    from colactl.training.settings import settle

    settled = settle(config)
    run.write_config(settled)
    fetch(settled)  # what is not to be had is told before seconds of imports
    splits = load_splits(settled.data)
    _record_provenance(run, provenance(settled.seed, splits.fingerprint()))

    ranks.keep_threads(settled.training)
    if (size := ranks.processes(settled.training)) > 1:
        return supervise(run.folder, size, settled.training.threads, talkative, resume)

    from colactl.training.fit import fit  # after the data: bad data is told without seconds of imports

    return fit(settled, splits, run.folder, talkative, resume)


def _record_provenance(run: Run, now: dict[str, Any]) -> None:
    """Keeps a resumed run's first record, and adds to it."""
    first = run.provenance
    if first is None:
        run.write_provenance(now)
        return
    if first["data_fingerprint"] != now["data_fingerprint"]:
        again = f"Train on what is there now with: colactl train --rerun {shlex.quote(_shown(run.folder))}"
        raise DataError("The data is no longer what the run began with.", again)
    run.write_provenance(first | {"resumed": [*first.get("resumed", []), now]})


def _shown(folder: Path) -> str:
    """The folder as the user would type it here."""
    return str(folder.relative_to(Path.cwd())) if folder.is_relative_to(Path.cwd()) else str(folder)
