from __future__ import annotations

from dataclasses import make_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from colactl.schema.values import (
    WRONG,
    Values,
    convert,
    either,
    in_words,
    integer,
    list_of,
    number,
    one_of,
    takes,
    text,
)

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "1", "1.5", "yes", "None", "x", "1e3"])
)
VALUES = PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.just("a"), PLAIN, max_size=1)
KINDS: list[type] = [bool, int, float, str]


@given(st.sampled_from(KINDS), st.booleans(), VALUES)
def test_a_value_is_converted_as_in_a_typed_config(kind: type, optional: bool, value: Any) -> None:
    hint: Any = kind | None if optional else kind
    config = OmegaConf.structured(make_dataclass("Typed", [("key", hint, None if optional else kind())]))
    try:
        OmegaConf.update(config, "key", value, merge=False)  # an assignment that converts warns in OmegaConf 2.4
        expected = config.key
    except OmegaConfBaseException:
        expected = WRONG
    made = convert(frozenset({kind.__name__, *(["None"] if optional else [])}), value)
    assert (type(made), made) == (type(expected), expected) or (made != made and expected != expected)


@pytest.mark.parametrize(
    ("types", "value", "made"),
    [
        ({"int", "float", "None"}, 1, 1),
        ({"int", "float", "None"}, "1", WRONG),
        ({"int", "float", "None"}, None, None),
        ({"str", "list"}, ["a"], ["a"]),
        ({"str", "list"}, {}, WRONG),
        ({"dict"}, {"a": 1}, {"a": 1}),
        ({"dict"}, None, WRONG),
    ],
)
def test_what_takes_several_types_converts_nothing(types: set[str], value: Any, made: Any) -> None:
    assert convert(frozenset(types), value) == made


@pytest.mark.parametrize(
    ("values", "words", "right", "wrong"),
    [
        (integer(1), "an integer of at least 1", [1, 9], [0, True, 1.0, "1"]),
        (integer(0, 5), "an integer from 0 to 5", [0, 5], [-1, 6]),
        (number(0.0), "a number of at least 0", [0, 0.0, 1e9], [-0.1, True, float("nan"), "0"]),
        (number(0.0, above=True), "a number above 0", [0.1], [0, 0.0]),
        (number(0.0, 1.0), "a number from 0 to 1", [0, 1], [1.1]),
        (number(0.0, 1.0, below=True), "a number from 0 to 1", [0.9], [1.0]),
        (one_of("a", "b", "c"), "a, b or c", ["a"], ["A", "", None, ["a"]]),
        (one_of("a", "b", any_case=True), "a or b", ["A"], ["c"]),
        (text("a name"), "a name", ["x"], ["", 1]),
        (text("digits", r"\d+"), "digits", ["1"], ["1x", ""]),
        (either("auto", integer(1)), "auto or an integer of at least 1", ["auto", 1], ["x", 0]),
        (list_of(integer(0)), "a list", [[0], [1, 2]], [[], [-1], 0]),
        (list_of(integer(0), length=2), "a list", [[1, 2]], [[1], [1, 2, 3]]),
    ],
)
def test_which_values_are_allowed(values: Values, words: str, right: list[Any], wrong: list[Any]) -> None:
    assert values.words == words
    assert [value for value in right if not values.test(value)] == []
    assert [value for value in wrong if values.test(value)] == []


def test_types_in_words() -> None:
    assert in_words({"None", "bool"}) == "true, false or null"
    assert in_words({"None", "dict"}) == "a mapping or null"
    assert in_words({"str"}) == "a text"


def test_a_type_that_is_not_known_takes_anything() -> None:
    assert takes(None, object())
    assert not takes(frozenset({"str"}), [1])
