"""What somebody probably meant who typed a name that there is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache

ALIKE = 0.6  # the least that difflib's ratio is of two words taken for one another, where there are few to choose from
ALIKE_AMONG_MANY = 0.7
PLAIN = 0.85  # of one that is plainly meant
ALIKE_AT_THE_TOP = 0.8  # where a name may as well be the user's own
WORDS_OF_THEIR_OWN = ("mode", "models", "seeds", "speed")  # though model and seed are near
ALMOST = 0.9  # of the whole of a key that may be another one at home elsewhere
TIE = 0.03  # keys that are as good as the best within this are all told
MOST = 3
# What transformers' Trainer, Lightning's, and the scripts of this field, call a key of ours.
ELSEWHERE = {
    "lr": "optimizer.lr",
    "precision": "training.precision",
    "accelerator": "training.accelerator",
    "devices": "training.devices",
    "learning_rate": "optimizer.lr",
    "epochs": "training.max_epochs",
    "num_epochs": "training.max_epochs",
    "num_train_epochs": "training.max_epochs",
    "train_batch_size": "processing.batch_size",
    "per_device_train_batch_size": "processing.batch_size",
    "max_seq_length": "processing.max_length",
    "gradient_accumulation_steps": "training.accumulate_grad_batches",
    "max_grad_norm": "training.gradient_clip_val",
    "logging_steps": "training.log_every_n_steps",
    "save_steps": "callbacks.checkpoint.every_n_steps",
    "model_name": "model.name",
    "model_name_or_path": "model.name",
    "gpus": "training.devices",
    "trainer": "training",
    "datamodule": "data",
    "num_workers": "",  # nothing like it: the data is in memory
    "dataloader_num_workers": "",
}
# What they turn on or off with a key, and we with a value.
SETTINGS = {
    ("fp16", True): "training.precision=16-mixed",
    ("bf16", True): "training.precision=bf16-mixed",
    ("use_cpu", True): "training.accelerator=cpu",
    ("no_cuda", True): "training.accelerator=cpu",
    ("enable_checkpointing", False): "callbacks.checkpoint=null",
}


def setting_for(name: str, value: object) -> str | None:
    """The override that does what other programs do with a key of this name."""
    return SETTINGS.get((name, value)) if isinstance(value, bool) else None


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The word most like the given one, in capitals or not, with `-` or `_`; None if none is near."""
    typed, known = _folded(word), {_folded(each): each for each in words}
    begun = sorted((each for each in known if typed.startswith(f"{each}_")), key=len)  # bert of bert-base-uncased
    matches = get_close_matches(typed, known, 1, PLAIN) or begun[-1:] or get_close_matches(typed, known, 1, ALIKE)
    return known[matches[0]] if matches else None


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_")


@lru_cache(maxsize=1024)
def near_keys(key: str, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that were probably meant, at most three; none where nothing is near.

    A key may be misspelt in any of its parts, or stand elsewhere: `max_epochs` is at home below `training`.

    Args:
        key: Dotted, as typed.
        candidates: What there is; one that begins with `+` is to be added.
    """
    other = ELSEWHERE.get(key.rpartition(".")[2])
    if other in candidates or other == "":
        return (other,) if other else ()
    words = key.split(".")
    scores = {candidate: _likeness(words, candidate.lstrip("+").split(".")) for candidate in candidates}
    best = max(scores.values(), default=0.0)
    return tuple(name for name, score in scores.items() if score and score >= best - TIE)[:MOST]


def taken_for(key: str, top: Collection[str], keys: Collection[str]) -> str | None:
    """What one that is new at the top of a config was probably to be: a key, a group, a setting; None: the user's own.

    Args:
        key: Dotted, as typed.
        top: The names of colactl's own that are at the top.
        keys: The dotted keys of colactl's own groups.
    """
    name, _, below = key.partition(".")
    settings = [override for (each, _), override in SETTINGS.items() if each == name and not below]
    if settings:
        return settings[0]
    elsewhere = ELSEWHERE.get(name)
    if elsewhere in top or (not below and elsewhere in keys):
        return elsewhere
    ends = [each for each in keys if _is_end(key, each)]
    if len(ends) == 1:  # `max_epochs` is at home in one place; one that is in two may be in a third
        return ends[0]
    return max((each for each in top if _is_misspelt(name, each)), key=lambda each: _ratio(name, each), default=None)


def _is_end(typed: str, key: str) -> bool:
    """Whether it is, or almost is, the end of a key, and one that nobody would choose: with a dot or an underscore."""
    end = ".".join(key.split(".")[-typed.count(".") - 1 :])
    return (typed == end and "." in end) or ("_" in end and _is_almost(typed, end))


def _is_misspelt(typed: str, known: str) -> bool:
    """Whether a name at the top is rather a misspelt one than one of the user's own, such as `model2` or `date`."""
    word = typed.casefold()
    if word in WORDS_OF_THEIR_OWN or not word.isalpha() or abs(len(word) - len(known)) > 2:
        return False
    return word[0] == known[0] and SequenceMatcher(None, word, known).ratio() >= ALIKE_AT_THE_TOP


def _is_almost(typed: str, known: str) -> bool:
    return typed == known or SequenceMatcher(None, typed, known).ratio() >= ALMOST


def _likeness(typed: list[str], known: list[str]) -> float:
    """0 where they have nothing in common; the whole key counts for more than its last part."""
    if known == typed:
        return 4.0
    if known[-len(typed) :] == typed:
        return 3.0
    by_part = list(map(_ratio, typed, known)) if len(typed) == len(known) else [0.0]
    return 1 + min(by_part) if all(by_part) else _likeness_of_last(typed[-1], known[-1])


def _likeness_of_last(typed: str, known: str) -> float:
    if typed == known:
        return 0.9
    short, long = typed.split("_"), known.split("_")
    if set(short) < set(long) and (short[0] == long[0] or short[-1] == long[-1]):  # "steps" of "max_steps"
        return 0.75  # and not "train" of "limit_train_batches"
    ratio = _ratio(typed, known)
    return 0.85 * ratio if ratio >= 0.8 else 0.0


def _ratio(typed: str, known: str) -> float:
    found = SequenceMatcher(None, typed, known).ratio()
    return found if found >= ALIKE_AMONG_MANY else 0.0
