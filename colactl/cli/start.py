"""A run on the terminal, from its composed config on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colactl.cli.output import Output

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from colactl.composition import Composed
    from colactl.runs.run import Run


def start(composed: Composed, config: DictConfig, output: Output, earlier: tuple[str, ...] = ()) -> Run:
    """Shows the config and trains on it.

    Args:
        composed: What Hydra made.
        config: The same, validated.
        output: Where it is shown.
        earlier: Overrides to record before the composed ones: those of the run that this one repeats.

    Raises:
        ColactlError: The training went wrong.
    """
    from omegaconf import OmegaConf

    from colactl import tasks
    from colactl.cli.render import config_panel
    from colactl.composition.folders import run_folder
    from colactl.host.ranks import process_group

    folder, chosen = run_folder(composed)
    group = process_group(config.training)
    output.mute(group.is_worker)
    output.talk(config_panel(OmegaConf.to_yaml(config, resolve=True)))
    record = tasks.Record(hydra=composed.whole, overrides=(*earlier, *composed.overrides))
    return tasks.train(config, folder, unique=not chosen, group=group, record=record, verbose=not output.quiet)
