"""colactl train: one run, new or resumed or repeated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colactl.cli import complete
from colactl.cli.options import ConfigDir, ConfigName, Json, Overrides, Quiet, Request, Set, set_words
from colactl.cli.output import Output
from colactl.errors import ConfigError
from colactl.shell import joined, quoted

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from colactl.composition.compose import Composed
    from colactl.runs.run import Run

METRICS = ("mcc", "accuracy", "loss")  # of result.json

Multirun = Annotated[bool, typer.Option("--multirun", "-m", hidden=True, help="As in Hydra; use colactl sweep.")]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume", metavar="RUN", help="Go on with an interrupted run.", autocompletion=complete.run_to_resume
    ),
]
Rerun = Annotated[
    Path | None,
    typer.Option(
        "--rerun", metavar="RUN", help="Train anew with the config of a run.", autocompletion=complete.run_to_repeat
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="With --rerun: refuse if anything has changed since.")]


def command(
    overrides: Overrides = None,
    assignments: Set = None,
    config_dir: ConfigDir = None,
    config_name: ConfigName = "config",
    resumed: Resume = None,
    repeated: Rerun = None,
    strict: Strict = False,
    as_json: Json = False,
    quiet: Quiet = False,
    multirun: Multirun = False,
) -> None:
    """Train a classifier; writes the run's folder to stdout."""
    request, output = Request.of(overrides, assignments, config_name, config_dir), Output(quiet, as_json)
    refuse_contradictions(request, resumed, repeated, strict, multirun)
    if resumed is not None:
        run = resume(resumed, output)
    elif repeated is not None:
        run = rerun(repeated, request, output, strict)
    else:
        run = train(request, output, multirun)
    show_result(run, output)


def refuse_contradictions(
    request: Request, resumed: Path | None, repeated: Path | None, strict: bool, multirun: bool
) -> None:
    """Refuses options that do not go together.

    Raises:
        ConfigError: Some do not.
    """
    own_config = request.config_dirs or request.config_name != "config"
    if resumed is not None and repeated is not None:
        raise ConfigError("--resume goes on with a run and --rerun begins a new one.", "Give one of them.")
    if multirun and (resumed is not None or repeated is not None):
        raise ConfigError("--multirun asks for several runs; --resume and --rerun do one.", "Leave --multirun out.")
    if resumed is not None and (request.overrides or own_config):
        hint = f"To change something, begin a new run: colactl train --rerun {resumed} --set KEY=VALUE"
        raise ConfigError("--resume goes on with the run's own config, which nothing may change.", hint)
    if repeated is not None and own_config:
        raise ConfigError("--rerun takes the run's own config.", "Leave --config-dir and --config-name out.")
    if strict and repeated is None:
        raise ConfigError("--strict is about what has changed since a run.", "Use it with --rerun RUN.")


def train(request: Request, output: Output, multirun: bool = False) -> Run:
    """Composes and checks a config, and trains on it.

    Args:
        request: Which config.
        output: Where the config is shown.
        multirun: Whether several runs were asked for, which is refused.

    Raises:
        ColactlError: The config is wrong, or the training failed.
    """
    from colactl.composition.compose import compose_and_validate
    from colactl.composition.overrides import refuse_sweep

    refuse_sweep(request.overrides, request.command("sweep"), multirun)
    composed, config = compose_and_validate(*request.config)
    return _start(composed, config, output)


def resume(folder: Path, output: Output) -> Run:
    """Goes on with a run; a complete one is left as it is.

    Raises:
        ConfigError: The folder holds no run, or a sweep.
    """
    from colactl import tasks
    from colactl.composition.validate import validate
    from colactl.host.ranks import process_group
    from colactl.runs.run import Run
    from colactl.sweeping.names import is_sweep

    run = Run(folder.expanduser().absolute())
    if is_sweep(run.folder):
        raise ConfigError(f"{folder} holds a sweep.", f"Go on with: colactl sweep --resume {quoted(str(folder))}")
    if run.status == "done":
        output.talk(f"{folder} is complete: there is nothing to continue.")
    else:
        validate(run.config)  # someone may have changed it since
        output.mute(process_group(run.config.training).is_worker)
    return tasks.resume(folder, verbose=not output.quiet)


def rerun(folder: Path, request: Request, output: Output, strict: bool) -> Run:
    """Trains anew with a run's config and the request's overrides.

    Raises:
        ConfigError: An override chooses an option of a group; with `strict`, also if something has changed since.
    """
    from colactl import tasks
    from colactl.composition.compose import compose_and_validate
    from colactl.composition.overrides import chosen_groups, refuse_sweep
    from colactl.runs.run import Run

    run = Run(folder.expanduser().absolute())
    file, recorded = run.config_file, run.overrides
    refuse_sweep(request.overrides, request.command("sweep", *set_words(recorded)))
    if choices := chosen_groups(request.overrides):
        words = ["colactl", "train", *set_words([*recorded, *request.overrides])]
        raise ConfigError(
            f"{' and '.join(choices)} chooses an option of a group, and a run's config has none left to choose from.",
            f"Compose it anew: {joined(words)}",
        )
    # To Hydra the run's folder is a folder of configs, and the run's config the primary one.
    composed, config = compose_and_validate(request.overrides, file.stem, (file.parent,))
    drift = tasks.drift(run, config)
    if drift and strict:
        raise ConfigError(f"Since {folder} something has changed:", "Without --strict it trains all the same.", drift)
    for line in drift:
        output.talk(f"changed: {line}")
    return _start(composed, config, output, recorded)


def _start(composed: Composed, config: DictConfig, output: Output, recorded: tuple[str, ...] = ()) -> Run:
    """Shows a validated config and trains on it.

    Args:
        composed: What Hydra made.
        config: The same, validated.
        output: Where it is shown.
        recorded: The overrides of the run that this one repeats, to be recorded before the composed ones.
    """
    from omegaconf import OmegaConf

    from colactl import tasks
    from colactl.composition.compose import run_folder
    from colactl.host.ranks import process_group

    folder, chosen = run_folder(composed)
    group = process_group(config.training)
    output.mute(group.is_worker)
    output.talk_config(OmegaConf.to_yaml(config, resolve=True))
    record = tasks.Record(hydra=composed.whole, overrides=(*recorded, *composed.overrides))
    return tasks.train(config, folder, unique=not chosen, group=group, record=record, verbose=not output.quiet)


def show_result(run: Run, output: Output) -> None:
    """Writes the run's folder to stdout, and its metrics to stderr."""
    if run.result is not None:
        output.talk(_summary(run.result))
    if output.as_json:
        output.json({"folder": str(run.folder), "result": run.result})
    else:
        output.data(str(run.folder))


def _summary(result: dict[str, Any]) -> str:
    """The metrics of the best checkpoint on the validation split, in a line."""
    from colactl.schema.groups import metric_name

    parts = [f"{metric_name(name)} {result[name]:.3f}" for name in METRICS if result.get(name) is not None]
    if result.get("degenerate"):
        parts.append("degenerate: every sentence got the same answer")
    return ", ".join(parts) or "Nothing was validated."
