from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import DictConfig

from colactl.composition.compose import compose
from colactl.composition.origins import leaves
from colactl.composition.targets import Target, target


def composed(folder: Path, text: str) -> DictConfig:
    (folder / "main.yaml").write_text(text)
    return compose([], "main", [folder]).config


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${b.c}", Target("${b.c}", ("b.c",), 1)),
        ("${.b.c}", Target("${.b.c}", ("b.c",), 1)),
        ("${chain}", Target("${chain}", ("chain",), 1)),
        ("${b}", Target("${b}", ("b",), {"c": 1, "d": "c", "e": [1]})),
        ("${b.${b.d}}", Target("${b.${b.d}}", ("b.d", "b.c"), 1)),
        ("${b[e][0]}-${b.c}", Target("${b[e][0]}-${b.c}", ("b.e.0", "b.c"), "1-1")),
        ("${oc.env:NOWHERE,off}", Target("${oc.env:NOWHERE,off}", (), "off")),
        ("${oc.env:NOWHERE,${b.c}}", Target("${oc.env:NOWHERE,${b.c}}", ("b.c",), "1")),
        ("[x, '${b.c}']", Target(["x", "${b.c}"], ("b.c",), ["x", 1])),
        ("plain", None),
    ],
)
def test_targets(tmp_path: Path, text: str, expected: Target | None) -> None:
    config = composed(tmp_path, f"a: {text}\nb:\n  c: 1\n  d: c\n  e: ['${{b.c}}']\nchain: ${{b.c}}\n")
    assert target(config, ("a",), leaves(config)[("a",)]) == expected


def test_an_interpolation_that_leads_nowhere_says_so(tmp_path: Path) -> None:
    config = composed(tmp_path, "a: ${nope.x}\nb: ${oc.env:NOT_SET}\n")
    found = [target(config, (key,), value) for key, value in (("a", "${nope.x}"), ("b", "${oc.env:NOT_SET}"))]
    assert [one and (one.keys, one.value, "not found" in str(one.error)) for one in found] == [
        (("nope.x",), None, True),
        ((), None, True),
    ]
