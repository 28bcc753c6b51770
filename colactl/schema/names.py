"""What somebody probably meant who typed a name that does not exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import cache, lru_cache

from colactl.schema.groups import declarations

NEAR = 0.65  # the least likeness of a name that is worth a question
SURE = 0.8  # of one that is rather misspelt than another name
TIE = 0.03  # what is as like as the best within this is offered as well
MOST = 3  # names to offer
WORDS_OF_THEIR_OWN = ("mode", "models", "seeds", "speed")  # though model and seed are like them
NO_COUNTERPART = ("num_workers", "dataloader_num_workers")  # the data is in memory, and nothing loads it


@cache
def other_names() -> dict[str, str]:
    """The key path of each name that other programs have for a key or a group."""
    return {other: path for path, one in declarations() for other in one.other_names}


@cache
def switches() -> dict[tuple[str, bool], str]:
    """The override that does what a flag of other programs does, by the flag's name and value."""
    return {flag: f"{path}={value}" for path, one in declarations() for flag, value in one.switches.items()}


def setting_for(name: str, value: object) -> str | None:
    """The override that does what other programs do where a key of this name has this value; None for most."""
    return switches().get((name, value)) if isinstance(value, bool) else None


def likeness(typed: str, known: str) -> float:
    """How much two names are alike, from 0 to 1: in capitals or not, with `-` or `_`."""
    typed, known = _folded(typed), _folded(known)
    if typed == known:
        return 1.0
    if typed.startswith(f"{known}_") or _is_part(typed.split("_"), known.split("_")):
        return SURE
    return SequenceMatcher(None, typed, known).ratio()


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_")


def _is_part(typed: list[str], known: list[str]) -> bool:
    """Whether it is the beginning or the end of a name: "steps" of "max_steps", and not "train" of "limit_train"."""
    return set(typed) < set(known) and (typed[0] == known[0] or typed[-1] == known[-1])


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name that is most like another one; None if none is near."""
    return next(iter(_best({word: likeness(name, word) for word in known})), None)


def _best(scores: dict[str, float], least: float = NEAR) -> list[str]:
    """The names of the highest score, best first."""
    best = max(scores.values(), default=0.0)
    near = [name for name, score in scores.items() if score >= max(least, best - TIE)]
    return sorted(near, key=lambda name: -scores[name])


@lru_cache(maxsize=1024)
def near_keys(key: str, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that were probably meant, at most three; none where nothing is near.

    A key may be misspelt in any of its parts, or stand elsewhere: `max_epochs` is at home below `training`.

    Args:
        key: As typed.
        candidates: The keys there are; one that begins with `+` is to be added.
    """
    name = key.rpartition(".")[2]
    if name in NO_COUNTERPART:
        return ()
    if other_names().get(name) in candidates:
        return (other_names()[name],)
    typed = key.split(".")
    parts = {candidate: candidate.lstrip("+").split(".") for candidate in candidates}
    ends = [candidate for candidate in candidates if parts[candidate][-len(typed) :] == typed]
    if key in ends:
        return (key,)
    same_depth = {name: known for name, known in parts.items() if len(known) == len(typed)}
    near = (
        ends
        or _best({name: min(map(likeness, typed, known)) for name, known in same_depth.items()}, NEAR)
        or _best({name: likeness(typed[-1], known[-1]) for name, known in parts.items()}, SURE)
    )
    return tuple(near[:MOST])


def taken_for(key: str, top: Collection[str], keys: Collection[str]) -> str | None:
    """What a name that is new at the top of a config was probably to be; None: it is the user's own.

    Args:
        key: As typed.
        top: The names of colactl's own that are at the top.
        keys: The key paths of colactl's own groups.

    Returns:
        A key path, a group, or an override that sets one.
    """
    name, _, below = key.partition(".")
    if not below and (settings := [override for (flag, _), override in switches().items() if flag == name]):
        return settings[0]
    other = other_names().get(name)
    if other in top or (not below and other in keys):
        return other
    ends = [known for known in keys if _is_end(key, known)]
    if len(ends) == 1:  # `max_epochs` is at home in one place; one that is in two may be in a third
        return ends[0]
    return next(iter(_best({known: likeness(name, known) for known in top if _is_misspelt(name, known)}, SURE)), None)


def _is_end(typed: str, key: str) -> bool:
    """Whether it is the end of a key, and one that nobody would choose by chance: with a dot or an underscore."""
    end = ".".join(key.split(".")[-typed.count(".") - 1 :])
    return (typed == end and "." in end) or ("_" in end and likeness(typed, end) > SURE)


def _is_misspelt(typed: str, known: str) -> bool:
    """Whether it may be a misspelt name, and is none of the user's own such as `model2` or `date`."""
    typed = typed.casefold()
    close = abs(len(typed) - len(known)) <= 2 and typed[:1] == known[0]
    return close and typed.isalpha() and typed not in WORDS_OF_THEIR_OWN
