"""colactl train --resume and --rerun: what to do about a run that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from colactl.cli.options import Request
from colactl.cli.output import Output
from colactl.cli.start import start
from colactl.errors import ConfigError
from colactl.shell import joined, quoted

if TYPE_CHECKING:
    from colactl.runs.run import Run


def refuse_mixtures(request: Request, resumed: Path | None, rerun: Path | None, strict: bool, multirun: bool) -> None:
    """Refuses options that mean nothing together.

    Raises:
        ConfigError: They do not.
    """
    if resumed is not None and rerun is not None:
        raise ConfigError("--resume goes on with a run and --rerun begins a new one.", "Give one of them.")
    if multirun and (resumed is not None or rerun is not None):
        raise ConfigError("--multirun asks for several runs; --resume and --rerun do one.", "Leave --multirun out.")
    if resumed is not None and (request.overrides or request.config_dirs or request.config_name != "config"):
        again = f"To change something, begin a new run: colactl train --rerun {resumed} --set KEY=VALUE"
        raise ConfigError("--resume goes on with the run's own config, which nothing may change.", again)
    if rerun is not None and (request.config_dirs or request.config_name != "config"):
        raise ConfigError("--rerun takes the run's own config.", "Leave --config-dir and --config-name out.")
    if strict and rerun is None:
        raise ConfigError("--strict is about what drifted since a run.", "Use it with --rerun RUN.")


def resume(folder: Path, output: Output) -> Run:
    """Goes on with a run; a complete one is left as it is.

    Raises:
        ConfigError: It is no run, or a sweep.
    """
    from colactl import tasks
    from colactl.composition import validate
    from colactl.host.ranks import process_group
    from colactl.runs.run import Run
    from colactl.sweeping.names import is_sweep

    run = Run(folder.expanduser().absolute())
    if is_sweep(run.folder):
        raise ConfigError(f"{folder} holds a sweep.", f"Go on with: colactl sweep --resume {quoted(str(folder))}")
    if run.status == "done":
        output.talk(f"{folder} is complete: there is nothing to go on with.")
    else:
        validate(run.config)  # someone may have changed it since
        output.mute(process_group(run.config.training).is_worker)
    return tasks.resume(folder, verbose=not output.quiet)


def rerun(folder: Path, request: Request, output: Output, strict: bool) -> Run:
    """Trains anew with a run's config, the request's overrides on top.

    Raises:
        ConfigError: An override chooses an option of a group; with `strict`, also where something has drifted.
    """
    from colactl import tasks
    from colactl.composition import compose_and_validate
    from colactl.runs.run import Run

    run = Run(folder.expanduser().absolute())
    file, earlier = run.config_file, run.overrides
    _refuse_choices(request, earlier)
    # Hydra takes the folder of a run for a folder of configs, whose primary config is the run's.
    composed, config = compose_and_validate(request.overrides, file.stem, (file.parent,))
    drift = tasks.drift(run, config)
    if drift and strict:
        raise ConfigError(f"Since {folder} something has drifted:", "Without --strict it trains all the same.", drift)
    for line in drift:
        output.talk(f"drifted: {line}")
    return start(composed, config, output, earlier)


def _refuse_choices(request: Request, earlier: tuple[str, ...]) -> None:
    """A run's config is composed already: there is no group in it to choose from."""
    from colactl.composition.overrides import chosen_groups, refuse_sweep

    sweep = request.command("sweep", *(word for text in earlier for word in ("--set", text)))
    refuse_sweep(request.overrides, sweep)
    choices = chosen_groups(request.overrides)
    if choices:
        words = ["colactl", "train", *(word for text in (*earlier, *request.overrides) for word in ("--set", text))]
        raise ConfigError(
            f"{' and '.join(choices)} chooses an option of a group, and a run's config has none left to choose from.",
            f"Compose it anew: {joined(words)}",
        )
