"""Interpolations that stand for millions of values."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import compose
from colactl.composition.validate import validate
from colactl.errors import ConfigError

SOON = 5  # seconds of this process, whatever else the machine does


def composed(folder: Path, values: dict[str, object]) -> DictConfig:
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    return compose(config_dirs=[folder]).config


def chained(text: str, last: object = "x") -> dict[str, object]:
    """Thirty keys, each an interpolation of the one after it: NEXT in the text."""
    return {**{f"k{place}": text.replace("NEXT", f"k{place + 1}") for place in range(30)}, "k30": last}


@pytest.mark.parametrize(
    "values",
    [
        chained("${NEXT}${NEXT}"),
        chained("${NEXT}${NEXT}", ""),
        chained("${oc.select:NEXT}${oc.select:NEXT}"),
        chained("${oc.decode:'\\${NEXT}\\${NEXT}'}"),
        chained("${oc.env:NOPE,${NEXT}}${NEXT}"),
        {f"k{place}": {"x": f"${{k{place + 1}}}", "y": f"${{k{place + 1}}}"} for place in range(30)} | {"k30": 1},
        {"many": list(range(1000)), "more": ["${many}"] * 1000},
        {f"k{place}": f"${{${{w{place}}}}}${{k{place + 1}}}" for place in range(30)}
        | {f"w{place}": f"k{place + 1}" for place in range(30)}
        | {"k30": "x"},
        {f"k{place}": f"${{all.${{n{place}}}}}" * 2 for place in range(30)}
        | {f"n{place}": f"k{place + 1}" for place in range(30)}
        | {"k30": "x", "all": {f"k{place}": f"${{k{place}}}" for place in range(31)}},
        {"models": {f"k{place}": f"${{.k{place + 1}}}${{.k{place + 1}}}" for place in range(30)} | {"k30": "x"}},
    ],
)
def test_interpolations_that_explode(tmp_path: Path, values: dict[str, object]) -> None:
    begun = time.process_time()
    with pytest.raises(ConfigError, match=r"with its interpolations filled in|lead on too far"):
        composed(tmp_path, values)
    assert time.process_time() - begun < SOON


@pytest.mark.parametrize("values", [{"a": "${b}", "b": "${a}"}, {"a": "${a}"}, {"a": {"x": "${a}", "y": "${a}"}}])
def test_interpolations_that_lead_back(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        validate(OmegaConf.create({**OmegaConf.to_container(compose().config), **values}))


def test_interpolations_that_are_fine(tmp_path: Path) -> None:
    values = {"a": "${b.0}-${b[1]}", "b": [1, 2], "c": "${oc.env:NOPE,${b.1}}", "d": {"e": "${.f}", "f": "${..a}"}}
    models = {"chosen": "small", "models": {"small": {"layers": 2}, "large": {"layers": list(range(500))}}}
    many = {f"m{place}": "${models.${chosen}.layers}" for place in range(30)}
    assert composed(tmp_path, {**models, **many}).m29 == 2
    config = composed(tmp_path, values)
    assert OmegaConf.to_container(config, resolve=True) == {
        "a": "1-2",
        "b": [1, 2],
        "c": "2",
        "d": {"e": "1-2", "f": "1-2"},
    }
