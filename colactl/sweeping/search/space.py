"""What a search draws from: the overrides that are sweeps, in Hydra's grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from colactl.composition.overrides import parse, range_size
from colactl.composition.session import explained, hydra_session
from colactl.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from optuna import Trial

MOST_VALUES = 1_000_000  # of a range, which are all listed to know the last one
DIGITS = 12  # of a stepped float; its sum of steps is right to about 15


@dataclass(frozen=True)
class Choice:
    """One of several values: `a,b`, `choice(a,b)`, `glob(*)` or the options of a group.

    Attributes:
        key: The override's, with its `+` where there is one.
        choices: What may stand behind the `=`.
    """

    key: str
    choices: tuple[str, ...]

    def representatives(self) -> tuple[str, ...]:
        """Values of which every other one is valid if these are: all of them."""
        return self.choices

    def grid(self) -> list[str | float] | None:
        """All values, as Optuna knows them."""
        return list(self.choices)

    def suggest(self, trial: Trial) -> str:
        """A value of a trial's, as it stands behind the `=`."""
        return trial.suggest_categorical(self.key, self.choices)

    def __str__(self) -> str:
        return f"{self.key}: {', '.join(self.choices)}"


@dataclass(frozen=True)
class Numbers:
    """A number between two bounds, both included: `range`, `interval`, `tag(log, interval(...))`, `int(interval(...))`.

    Attributes:
        key: The override's, with its `+` where there is one.
        low: The least; an integer where all are.
        high: The greatest.
        step: Between two of them; None where any number will do.
        log: Whether a factor counts and not a difference.
    """

    key: str
    low: float
    high: float
    step: float | None = None
    log: bool = False

    def representatives(self) -> tuple[str, ...]:
        """Values of which every other one is valid if these are: the bounds."""
        return tuple(dict.fromkeys((repr(self.low), repr(self.high))))

    def grid(self) -> list[str | float] | None:
        """All values, or None where there is no end of them."""
        if self.step is None:
            return None
        count = round((self.high - self.low) / self.step) + 1
        return [_number(self.low + place * self.step) for place in range(count)]

    def suggest(self, trial: Trial) -> str:
        """A value of a trial's, as it stands behind the `=`."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return repr(trial.suggest_int(self.key, self.low, self.high, step=int(self.step or 1), log=self.log))
        value = trial.suggest_float(self.key, self.low, self.high, step=self.step, log=self.log)
        return repr(value if self.step is None else _number(value))

    def __str__(self) -> str:
        even = self.step is not None and not (self.step == 1 and isinstance(self.low, int))
        step = f", in steps of {self.step:g}" if even else ""
        return f"{self.key}: {self.low:g} to {self.high:g}{step}{', log' if self.log else ''}"


Parameter = Choice | Numbers


def read_parameter(stored: dict[str, Any]) -> Parameter:
    """A parameter from its fields, as JSON gives them back."""
    if "choices" in stored:
        return Choice(stored["key"], tuple(stored["choices"]))
    return Numbers(**stored)


def grid_size(space: Sequence[Parameter]) -> int | None:
    """How many combinations of values there are; None where there is no end of them."""
    size = 1
    for parameter in space:
        grid = parameter.grid()
        if grid is None:
            return None
        size *= len(grid)
    return size


def read_space(overrides: Sequence[str], config_dirs: Sequence[Path | str] = ()) -> tuple[Parameter, ...]:
    """The parameters among overrides, in the order typed.

    Args:
        overrides: As typed.
        config_dirs: The user's folders, for `glob`.

    Raises:
        ConfigError: There is none, one is given twice, or it has no values.
    """
    parse(overrides)  # tells of all that do not parse
    with hydra_session(config_dirs) as session, explained():
        parsed = session.parse(overrides)
        space = tuple(_parameter(override) for override in parsed if override.is_sweep_override())
    names = [override.key_or_group for override in parsed]
    for override in parsed:
        if override.is_sweep_override() and names.count(override.key_or_group) > 1:
            raise ConfigError(f"{override.key_or_group} is given twice, and a search draws one value of it.")
    if not space:
        hint = "Give some several: --set processing.batch_size=16,32 --set 'optimizer.lr=tag(log,interval(1e-5,1e-3))'"
        raise ConfigError("There is nothing to search for: every key has one value.", hint)
    return space


def _parameter(override: Override) -> Parameter:
    value, line = override.value(), override.input_line
    if override.is_delete():
        raise ConfigError(f"{line} cannot be searched: it takes a key away.")
    if isinstance(value, IntervalSweep):
        return _interval(override, value)
    if isinstance(value, RangeSweep):
        return _range(override, value)
    choices = tuple(dict.fromkeys(override.sweep_string_iterator()))
    if not choices:
        raise ConfigError(f"{line} has no values.")
    return Choice(override.get_key_element(), choices)


def _interval(override: Override, value: IntervalSweep) -> Numbers:
    low, high, log = value.start, value.end, "log" in value.tags
    assert low is not None  # the grammar asks for both
    assert high is not None
    if low > high or (log and low <= 0):
        reason = "it begins above its end" if low > high else "a logarithm needs a bound above 0"
        raise ConfigError(f"{override.input_line} cannot be searched: {reason}.")
    whole = isinstance(low, int) and isinstance(high, int)
    return Numbers(override.get_key_element(), low, high, 1 if whole else None, log)


def _range(override: Override, value: RangeSweep) -> Numbers:
    """Its end is not among the values, as in every other sweep."""
    if "log" in value.tags:
        hint = f"For whole numbers: {override.key_or_group}=tag(log,int(interval({value.start},{value.stop})))"
        raise ConfigError(f"{override.input_line} cannot be searched: a range has even steps.", hint)
    count = range_size(override)
    if count > MOST_VALUES:
        hint = f"Draw from an interval: {override.key_or_group}=interval({value.start},{value.stop})"
        raise ConfigError(f"{override.input_line} has {count:,} values, and a search takes {MOST_VALUES:,}.", hint)
    values = list(value.range())
    if not values:
        raise ConfigError(f"{override.input_line} has no values.")
    return Numbers(override.get_key_element(), _number(min(values)), _number(max(values)), abs(value.step))


def _number(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")
