"""A command line that Typer refuses: what was meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from colactl.cli.typer_port import message, options_of, say, unknown_option

SET = "--set"
AT_ONCE = ("--jobs", "--n-jobs", "--workers", "--num-workers", "--parallel")  # for what a launcher's own key says
INSTEAD = {"--dry-run": "`colactl show-config` checks the config of a run."}
CONFIG_NAME = "--config-name"  # which the commands have that compose a whole config


def mend_command(error: Exception, words: Sequence[str], commands: Sequence[str]) -> None:
    """Says in Typer's error which command was meant, where Typer has not.

    Args:
        error: Its own.
        words: What was typed after `colactl`.
        commands: Those there are.
    """
    from colactl.shell import joined

    typed = words[0] if words else ""
    near = [name for name in commands if typed and typed in name.split("-")]
    if "=" in typed:
        say(error, f"Overrides go after a command: {joined(['colactl', 'train', *words])}")
    elif near and "Did you mean" not in message(error):
        say(error, f"{message(error).rstrip('.')}. Did you mean {' or '.join(map(repr, near))}?")


def mend_option(error: Exception, words: Sequence[str], commands: Mapping[str, Any]) -> None:
    """Says in Typer's error about an option what was meant: another one, one of another command, or an override.

    Args:
        error: Its own; any other than the one about an unknown option is left as it is.
        words: What was typed after the command; all of it where the option stands before.
        commands: Those there are, by name.
    """
    unknown = unknown_option(error)
    if unknown is None:
        return
    from colactl.schema.names import nearest

    option, own = unknown.option, unknown.options
    owners = [name for name, command in commands.items() if option in options_of(command)]
    near = nearest(option, sorted(own))
    meant = _override(option, words, exact=near is not None) if CONFIG_NAME in own else None
    if "--retries" in own and option in AT_ONCE:
        meant = f"{SET} hydra/launcher=joblib {SET} hydra.launcher.n_jobs={_value(option, words)}"
    if owners and unknown.before:
        typed = next((name for name in owners if name in words), owners[0])
        told = f"It goes after the command: colactl {typed} {option}."
    elif owners:
        others = " and ".join(f"`colactl {name}`" for name in owners)
        told = f"{others} {'has' if len(owners) == 1 else 'have'} it, and `colactl {unknown.command}` has not."
        told += f" {INSTEAD[option]}" if option in INSTEAD else ""
    elif meant or near:
        told = f"Did you mean {meant or near}?"
    else:
        return
    unknown.say(told)


def _override(option: str, words: Sequence[str], exact: bool) -> str | None:
    """The override that an option was meant for: `--epochs 3` is `--set training.max_epochs=3`.

    Args:
        option: As typed.
        words: What was typed after the command.
        exact: Whether the key must be right, but for where it stands.
    """
    from omegaconf import OmegaConf

    from colactl.composition import compose
    from colactl.schema.key_path import keys_of
    from colactl.schema.names import ELSEWHERE, near_keys
    from colactl.shell import joined

    name = option.lstrip("-").replace("-", "_")
    keys = near_keys(name, tuple(keys_of(OmegaConf.to_container(compose().config))))
    right = [key for key in keys if name in (key, key.rpartition(".")[2]) or ELSEWHERE.get(name) == key]
    found = right if exact else keys
    value = _value(option, words)
    return " or ".join(joined([SET, f"{key}={value}"]) for key in found) or None


def _value(option: str, words: Sequence[str]) -> str:
    """What was typed for an option."""
    for word, after in zip(words, [*words[1:], "-"], strict=True):
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option and not after.startswith("-"):
            return after
    return "VALUE"
