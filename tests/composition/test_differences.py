from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colactl.composition.differences import Difference, differences
from colactl.schema.key_path import ABSENT, dotted

KEYS = st.sampled_from(["a", "b", "c.d", "", 1, 2])
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, -0.5, float("nan"), "", "1", "a"])
CONFIGS = st.dictionaries(
    KEYS,
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3)),
    max_size=4,
)


def same(a: Any, b: Any) -> bool:
    """Whether two containers look alike down to the types, whatever the order of their keys."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)


def applied(found: list[Difference], config: dict[Any, Any]) -> dict[Any, Any]:
    """A copy that has the second config's values; a mapping that only the first one had values in stays, empty."""
    made = copy.deepcopy(config)
    for difference in found:
        *parents, key = difference.place
        node = made
        for parent in parents:
            node = node.setdefault(parent, {})
        if difference.b is ABSENT:
            del node[key]
        else:
            node[key] = difference.b
    return made


def without_empty(config: Any) -> Any:
    if not isinstance(config, dict):
        return config
    kept = {key: without_empty(value) for key, value in config.items()}
    return {key: value for key, value in kept.items() if value != {}}


@given(CONFIGS, CONFIGS)
def test_differences_are_all_that_it_takes_to_make_one_config_of_the_other(
    a: dict[Any, Any], b: dict[Any, Any]
) -> None:
    found = list(differences(a, b))
    assert same(without_empty(applied(found, a)), without_empty(b))
    assert bool(found) != same(a, b)
    assert len({dotted(difference.place) for difference in found}) == len(found)


@given(CONFIGS, CONFIGS)
def test_the_other_way_round_is_the_same_with_sides_changed(a: dict[Any, Any], b: dict[Any, Any]) -> None:
    there = {difference.place: (repr(difference.a), repr(difference.b)) for difference in differences(a, b)}
    back = {difference.place: (repr(difference.b), repr(difference.a)) for difference in differences(b, a)}
    assert there == back


@pytest.mark.parametrize(
    ("a", "b", "mark"),
    [
        (1, 1.0, "~"),
        (1, "1", "~"),
        (1, True, "~"),
        (None, "null", "~"),
        ([1], [1.0], "~"),
        ([{"x": 1}], [{"x": True}], "~"),
        ([1, 2], [2, 1], "~"),
        ({"x": 1}, None, "~"),
        (ABSENT, None, "+"),
        ({}, ABSENT, "-"),
    ],
)
def test_types_and_absence_count(a: Any, b: Any, mark: str) -> None:
    sides = ({key: value for key, value in (("k", value),) if value is not ABSENT} for value in (a, b))
    (found,) = differences(*sides)
    assert (found.place, found.a, found.b, found.mark) == (("k",), a, b, mark)


def test_the_order_of_keys_does_not_count_and_is_that_of_the_first_config() -> None:
    assert not list(differences({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}))
    found = differences({"b": 1, "a": {"y": 1, "x": 1}}, {"n": 1, "a": {"z": 1, "x": 2}, "b": 2})
    assert [dotted(difference.place) for difference in found] == ["b", "a.y", "a.x", "a.z", "n"]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("a", "b"), "a.b"),
        (("a", 1, "b"), "a.1.b"),
        (("1",), '["1"]'),
        (("a.b", ""), '["a.b"][""]'),
        (("\x1b[31m",), '["\\u001b[31m"]'),
    ],
)
def test_a_path_tells_keys_apart(place: tuple[Any, ...], text: str) -> None:
    assert dotted(place) == text
