"""The overrides that a hint gives name the same data again."""

from __future__ import annotations

from typing import Any

import pytest
from omegaconf import OmegaConf

from colactl.composition.data import compose_data
from colactl.training.data.split import Split
from colactl.training.scoring.evaluation import EvaluationData, overrides

FILES: dict[str, Any] = {"source": "files", "validation": "dev.tsv", "format": "auto"}
FILES |= {"columns": {"sentence": "sentence", "label": "label", "source": "source"}}
HUB: dict[str, Any] = {"source": "hub", "path": "me/mine", "name": None, "revision": None}
HUB |= {"train": "train", "validation": "validation", "test": "test"}
HUB |= {"columns": {"sentence": "sentence", "label": "label", "source": None}}


@pytest.mark.parametrize(
    ("config", "typed"),
    [
        (FILES, ["data=files", "data.validation=dev.tsv"]),
        (FILES | {"validation": ["/a (1)/b=c.tsv", "it's.tsv", "null", "1"]}, None),
        (FILES | {"format": "csv", "columns": {"sentence": "my text", "label": 1, "source": None}}, None),
        (HUB, ["data=cola", "data.path=me/mine", "data.name=null"]),
        (HUB | {"revision": "v1", "validation": "dev", "columns": {"sentence": 0, "label": "y", "source": "s"}}, None),
    ],
)
def test_what_is_typed_names_the_same_data(config: dict[str, Any], typed: list[str] | None) -> None:
    data = EvaluationData(Split([], [], []), "validation", OmegaConf.create(config), True, ())
    found = overrides(data)
    assert typed in (None, found)
    again = OmegaConf.to_container(compose_data(found, (), "validation"))
    assert {key: again[key] for key in config} == config
