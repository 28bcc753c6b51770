"""Everything that is wrong with overrides, each with its fix, where Hydra stops at the first; asked after a failure.

A wrong override is left out, or put right where it is plain what was meant, so that the others are judged as they would
be once it is mended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep, ValueType
from omegaconf import DictConfig

from colactl.composition.compose import without_hydra
from colactl.composition.hydra_port import Session
from colactl.composition.mistakes.choices import Choices
from colactl.composition.mistakes.known import Known
from colactl.composition.mistakes.typed import Typed
from colactl.composition.mistakes.values import Values
from colactl.composition.overrides import no_value, parse
from colactl.composition.problems import explained
from colactl.composition.validate import checked, trainable
from colactl.errors import ConfigError
from colactl.schema.faults import culprit, ending, shown
from colactl.schema.names import nearest

SEE = "Run `colactl show-config` to see the keys, and `colactl list-groups` the groups and their options."


def diagnosed(
    first: ConfigError, session: Session, overrides: Sequence[str], config_name: str = "config", here: bool = False
) -> ConfigError:
    """What to raise where a config could not be composed.

    Args:
        first: What Hydra stopped at.
        session: Hydra, initialised.
        overrides: As typed.
        config_name: The primary config.
        here: Whether it is to be trained on this machine.

    Returns:
        The same error, if there is nothing better to say.
    """
    try:
        faults = every_fault(session, overrides, config_name, here)
    except ConfigError as error:  # the primary config itself is broken: no override is to blame
        return error
    return refusal(faults) if faults else first


def refusal(faults: Sequence[str]) -> ConfigError:
    """The error that tells of faults of overrides."""
    return ConfigError(faults[0], SEE) if len(faults) == 1 else ConfigError("This cannot be used:", SEE, tuple(faults))


def every_fault(session: Session, overrides: Sequence[str], config_name: str, here: bool = False) -> list[str]:
    """All that is wrong with overrides, and with the config that the sound ones make, in the order typed.

    Of an override with several values every option is looked at, and whether there is such a key.

    Raises:
        ConfigError: There is no config without any override either.
    """
    with explained():
        known = Known(session, config_name)
        known.refuse_unknown_config(config_name)
    told: list[tuple[int, str]] = []
    unread: list[str] = []
    typed: list[Typed] = []
    for index, words in _whole(overrides):
        text = "".join(words)
        try:
            _refuse_spaces(words)
            typed += _read(index, text, known)
        except ConfigError as error:
            told += [(index, fault) for fault in error.faults]
            unread += [text] if "=" in text else []
    choices = Choices(session, config_name, known, typed)
    told += choices.faults
    values = Values(choices.whole, known)
    for one in typed:
        fault = values.fault(one) if one.index not in choices.indices and not choices.hides(one) else None
        told += [(one.index, fault)] if fault else []
    unsure = [*unread, *(one.text for one in typed if one.elements)]
    told += _of_the_rest(without_hydra(choices.whole), overrides, unsure, here)
    return list(dict.fromkeys(text for _, text in sorted(told, key=lambda pair: pair[0])))


def _whole(overrides: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Puts together what spaces about an `=` or after a comma have cut: `seed = 1` is one override, and `seed=1, 2`."""
    words: list[str] = []
    for index, text in enumerate(overrides):
        before = "".join(words)
        cut = text.startswith("=") and "=" not in before and before != ""
        cut |= before.endswith(("=", ",")) and "=" not in text and not text.startswith(("~", "+"))
        if words and not cut:
            yield index - len(words), words
            words = []
        words = [*words, text]
    if words:
        yield len(overrides) - len(words), words


def _refuse_spaces(words: Sequence[str]) -> None:
    if len(words) > 1:
        told = f"the shell cuts it at its spaces{ending([''.join(words)])}"
        raise ConfigError("", faults=(f"{shown(' '.join(words))}: {told}",))


def _read(index: int, text: str, known: Known) -> Iterator[Typed]:
    key, equals, _ = text.partition("=")
    if not equals and not text.startswith("~"):
        group, _, option = key.replace(":", "/").replace(".", "/").rpartition("/")
        found = [group] if group and known.has(group, option) else [] if group else known.group_of(option)
        offered = f"; {known.offer(key)}" if key in known.groups else ""
        meant = [f"{each}={option}" for each in found] or ([key.replace(":", "=", 1)] if ":" in key else [])
        near = nearest(key, known.groups) if not offered else None
        told = f"a value is missing{offered}{ending(meant, no_value(near or text))}"
        raise ConfigError("", faults=(f"{shown(text)}: {told}",))
    if not key.strip("+~ "):
        raise ConfigError("", faults=(f"{shown(text)}: a key is missing; KEY=VALUE would do.",))
    (override,) = parse([text])
    if not override.is_sweep_override():
        yield Typed(index, text, override)
        return
    elements = _elements(override)
    for element in elements[:1]:
        (single,) = parse([f"{override.get_key_element()}={element}"])
        yield Typed(index, text, single, tuple(elements))


def _elements(override: Override) -> list[str]:
    """The values of a sweep as they are typed; of a range the first, and of what only Hydra can expand none."""
    if override.is_choice_sweep() and override.value_type != ValueType.GLOB_CHOICE_SWEEP:
        return list(override.sweep_string_iterator())
    value = override.value()
    return [str(value.start)] if isinstance(value, RangeSweep | IntervalSweep) else []


def _of_the_rest(
    config: DictConfig, overrides: Sequence[str], unsure: Sequence[str], here: bool
) -> list[tuple[int, str]]:
    """The faults of the config, less those of values that are not known yet.

    Args:
        config: Of the sound overrides.
        overrides: As typed.
        unsure: Those that could not be read, and those with several values, which are told of job by job.
        here: As for `diagnosed`.
    """
    if not trainable(config):
        return []
    try:
        faults, _ = checked(config, here=here)
    except ConfigError as error:
        return [(len(overrides), str(error))]
    faults = [fault for fault in faults if fault.unknown or not any(culprit([path], unsure) for path in fault.paths)]
    last = {text: index for index, text in enumerate(overrides)}
    return [
        (last.get(culprit(fault.paths, overrides) or "", len(overrides)), fault.told(overrides)) for fault in faults
    ]
