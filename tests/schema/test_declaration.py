from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from colactl.cli.app import app
from colactl.cli.completion.line import complete
from colactl.composition.compose import compose
from colactl.composition.validate import validate
from colactl.errors import ConfigError
from colactl.schema import config_files, names
from colactl.schema.config_files import config_dir
from colactl.schema.declaration import key
from colactl.schema.groups import GROUPS, Training, declared
from colactl.schema.json_schema import json_schema
from colactl.schema.values import integer
from tests.reference.options import options

COMMAND: Any = typer.main.get_command(app)


@pytest.fixture
def new_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A made-up key of training: its declaration, and its line in a copy of the shipped configs."""
    declaration = key(0, integer(0), unit="steps", other_names=("num_made_up_steps",))
    kind = dataclasses.make_dataclass("Made", [("made_up_steps", int, declaration)], bases=(Training,))
    monkeypatch.setitem(GROUPS, "training", (kind,))
    folder = tmp_path / "configs"
    shutil.copytree(config_dir(), folder)
    with (folder / "training" / "default.yaml").open("a") as file:
        file.write("made_up_steps: 100  # before the learning rate is at its peak\n")
    monkeypatch.setattr(config_files, "config_dir", lambda: folder)
    caches = (names.other_names, names.switches, names.near_keys)
    for cached in caches:
        cached.cache_clear()
    yield folder
    for cached in caches:
        cached.cache_clear()


def test_a_key_that_is_declared_and_has_its_line_is_known_everywhere(new_key: Path) -> None:
    def refused(override: str) -> str:
        with pytest.raises(ConfigError) as caught:
            validate(compose([override], config_dirs=[new_key]).config, overrides=[override])
        return str(caught.value)

    assert validate(compose(config_dirs=[new_key]).config).training.made_up_steps == 100
    assert validate(compose().config).training.made_up_steps == 0  # an option that leaves it out
    wanted = "training.made_up_steps must be an integer of at least 0; training.made_up_steps=0 would do."
    assert wanted in refused("training.made_up_steps=-1")
    assert wanted in refused("training.made_up_steps=many")
    assert "did you mean training.made_up_steps=5?" in refused("training.madeupsteps=5")
    assert "did you mean training.made_up_steps=5?" in refused("num_made_up_steps=5")
    (offered,) = complete(COMMAND, ["train", "--config-dir", str(new_key)], "training.made")
    assert (offered.text, offered.comment) == ("training.made_up_steps=", "before the learning rate is at its peak")
    row = "| `made_up_steps` | `100` | an integer of at least 0 (steps) | before the learning rate is at its peak |"
    assert row in options(new_key).splitlines()
    described = json_schema()["definitions"]["training"]["properties"]["made_up_steps"]
    assert described["anyOf"][0] == {"type": "integer", "minimum": 0}
    assert described["description"] == "before the learning rate is at its peak; in steps"


def test_the_keys_of_data_depend_on_its_source() -> None:
    assert "a path" in declared("data.train").words
    assert declared("data.train", {"data": {"source": "hub"}}).words == "a text"
    assert declared("data.train", {"data": {"source": "minimal_pairs"}}) is None
    assert declared("data.columns.label").words == "a header's name or a position from 0"
    assert declared("nothing.like.it") is declared("seed.x") is None
