from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from colactl.composition.compose import compose
from colactl.composition.hydra_port import VERSION_BASE
from colactl.composition.origins import Leaf, Origin, Traced, _changed, leaves, selected, trace
from colactl.errors import ConfigError
from colactl.schema.config_files import config_dir
from colactl.schema.key_path import ABSENT, Place, dotted
from tests.conftest import write_files
from tests.random_configs import Configs, mark


def traced(overrides: list[str], folders: list[Path], name: str = "config") -> Traced:
    return trace(compose(overrides, name, folders).config, overrides, name, folders)


def shipped(*overrides: str) -> dict[str, Leaf]:
    return {dotted(place): leaf for place, leaf in traced(list(overrides), []).leaves.items()}


def said(origin: Origin | None) -> str | None:
    """An origin as `file.yaml:line`, less the folder, as the override or as the kind."""
    if origin is None or origin.file is None:
        return origin and (origin.override or origin.kind)
    return f"{origin.file.parent.name}/{origin.file.name}:{origin.line}"


def both(leaf: Leaf) -> tuple[Any, str | None, Any, str | None]:
    former = leaf.replaced
    return leaf.value, said(leaf.origin), former and former.value, said(former.origin) if former else None


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder `mine` of the user's."""
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def write(folder: Path, **files: str) -> None:
    """Writes `group__option="text"` to group/option.yaml."""
    write_files(folder, {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()})


def origins(folder: Path, *overrides: str) -> dict[str, tuple[Any, str | None, Any, str | None]]:
    """Of the primary config main: value, origin, and the same of what was replaced."""
    found = traced(list(overrides), [folder], "main").leaves
    return {dotted(place): both(leaf) for place, leaf in found.items()}


def line_of(option: str, text: str) -> int:
    lines = (config_dir() / f"{option}.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))


def test_every_default_is_at_its_line_of_a_shipped_file() -> None:
    for key, leaf in shipped().items():
        file, line = leaf.origin.file, leaf.origin.line
        assert file is not None
        assert line is not None
        assert file.read_text().splitlines()[line - 1].strip().startswith(f"{key.rpartition('.')[2]}:") or "rope" in key
        assert leaf.replaced is None


def test_an_experiment_an_override_and_what_they_replaced() -> None:
    leaves = shipped("experiment=cola_bert", "optimizer.lr=5e-5")
    recipe = f"experiment/cola_bert.yaml:{line_of('experiment/cola_bert', 'max_epochs')}"
    default = f"training/default.yaml:{line_of('training/default', 'max_epochs')}"
    assert both(leaves["training.max_epochs"]) == (3, recipe, 8, default)
    assert both(leaves["model.name"]) == ("google-bert/bert-base-uncased", "model/bert.yaml:2", None, None)
    recipe = f"experiment/cola_bert.yaml:{line_of('experiment/cola_bert', 'lr')}"
    assert both(leaves["optimizer.lr"]) == (5e-5, "optimizer.lr=5e-5", 2e-5, recipe)
    assert both(leaves["optimizer.betas"])[2] == [0.9, 0.95]


def test_a_nested_default_is_where_it_is_written() -> None:
    leaves = shipped("training=debug")
    assert both(leaves["training.max_epochs"])[1:3] == (
        f"training/debug.yaml:{line_of('training/debug', 'max_epochs')}",
        8,
    )
    assert said(leaves["training.max_steps"].origin) == "training/default.yaml:3"


def test_packages(mine: Path) -> None:
    write(
        mine,
        main="defaults:\n  - g@one.two: p\n  - g: q\n  - _self_\ng:\n  here:\n    x: 5\n",
        g__p="x: 1\ny:\n  z: 2\n",
        g__q="defaults:\n  - /h@_here_: r\n\nx: 3\n",
        h__r="\nx: 4\nhere: {x: 6, y: 7}\n",
        k__s="# @package _global_.all\nx: 8\n",
    )
    assert origins(mine, "+k=s", "+g@three=p") == {
        "one.two.x": (1, "g/p.yaml:1", None, None),
        "one.two.y.z": (2, "g/p.yaml:3", None, None),
        "g.x": (3, "g/q.yaml:4", 4, "h/r.yaml:2"),
        "g.here.x": (5, "mine/main.yaml:7", 6, "h/r.yaml:3"),
        "g.here.y": (7, "h/r.yaml:3", None, None),
        "all.x": (8, "k/s.yaml:2", None, None),
        "three.x": (1, "g/p.yaml:1", None, None),
        "three.y.z": (2, "g/p.yaml:3", None, None),
    }


def test_the_order_of_self(mine: Path) -> None:
    write(mine, main="defaults:\n  - _self_\n  - g: p\ng:\n  x: 1\n", g__p="x: 2\n")
    assert origins(mine) == {"g.x": (2, "g/p.yaml:1", 1, "mine/main.yaml:5")}
    write(mine, main="defaults:\n  - g: p\n  - _self_\ng:\n  x: 1\n")
    assert origins(mine) == {"g.x": (1, "mine/main.yaml:5", 2, "g/p.yaml:1")}


def test_override_entries_of_the_defaults_lists(mine: Path) -> None:
    write(
        mine,
        main="defaults:\n  - g: p\n  - e: e\n  - _self_\n",
        g__p="x: 1\n",
        g__q="\n\nx: 2\n",
        e__e="# @package _global_\ndefaults:\n  - override /g: q\ne: 3\n",
    )
    assert origins(mine) == {"g.x": (2, "g/q.yaml:3", None, None), "e": (3, "e/e.yaml:4", None, None)}
    assert origins(mine, "g=p")["g.x"] == (1, "g/p.yaml:1", None, None)
    assert origins(mine, "~g", "~e") == {}


def test_who_chose_an_option(mine: Path) -> None:
    write(
        mine,
        main="defaults:\n  - g: p\n  - k: s\n  - h@there: r\n  - _self_\n  - e: e\n",
        g__p="x: 1\n",
        g__q="defaults:\n  - p\n  - _self_\ny: 2\n",
        h__r="x: 3\n",
        h__t="x: 4\n",
        k__s="x: 5\n",
        e__e="# @package _global_\ndefaults:\n  - override /g: q\n  - override /h@there: t\ne: 6\n",
        e__f="# @package _global_\ne: 7\n",
    )

    def chosen(*overrides: str) -> dict[str, str | None]:
        leaves = traced(list(overrides), [mine], "main").leaves
        return {dotted(place): said(leaf.origin.chosen_by) for place, leaf in leaves.items()}

    by_e = {"g.x": "e/e.yaml:3", "g.y": "e/e.yaml:3", "there.x": "e/e.yaml:4"}
    assert chosen() == {**by_e, "k.x": None, "e": None}
    assert chosen("e=f") == {"g.x": None, "there.x": None, "k.x": None, "e": "e=f"}
    assert chosen("g=p", "g=q", "h@there=r", "+h@new=t") == {
        "g.x": "g=q",
        "g.y": "g=q",
        "there.x": "h@there=r",
        "new.x": "+h@new=t",
        "k.x": None,
        "e": None,
    }


def test_a_users_option_in_place_of_a_shipped_one(mine: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    write(mine, processing__default="\nmax_length: 12\nbatch_size: 3\n", training__default="max_epochs: 1\n")
    write(first, training__default="max_epochs: 2\n")
    leaves = {dotted(place): both(leaf) for place, leaf in traced(["seed=1"], [first, mine]).leaves.items()}
    assert leaves["processing.batch_size"] == (3, "processing/default.yaml:3", None, None)
    assert traced([], [mine]).leaves["processing", "batch_size"].origin.file == mine / "processing" / "default.yaml"
    assert traced([], [first, mine]).leaves["training", "max_epochs"].origin.file == first / "training" / "default.yaml"
    assert leaves["training.max_epochs"][0] == 2
    assert leaves["training.max_steps"] == (-1, "schema", None, None)  # which that option left out
    assert leaves["seed"] == (1, "seed=1", 0, f"configs/config.yaml:{line_of('config', 'seed')}")


OVERRIDDEN = "a:\n  b: 1\n  c: {d: 2, e: 3}\nl: [1, 2]\nn: null\nm: ???\n7:\n  - x\n"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["a.b=5"], {"a.b": (5, "a.b=5", 1, "mine/main.yaml:2")}),
        (["++a.b=5"], {"a.b": (5, "++a.b=5", 1, "mine/main.yaml:2")}),
        (["++a.f=5"], {"a.f": (5, "++a.f=5", None, None)}),
        (["+a.f.g=5"], {"a.f.g": (5, "+a.f.g=5", None, None)}),
        (["a.b=5", "a.b=6"], {"a.b": (6, "a.b=6", 5, "a.b=5")}),
        (["a.b=1"], {"a.b": (1, "a.b=1", 1, "mine/main.yaml:2")}),  # the same value, said again
        (["~a.b"], {"a.b": None}),
        (["~a.b", "+a.b=5"], {"a.b": (5, "+a.b=5", None, None)}),
        (
            ["a.c={d: 5}"],
            {"a.c.d": (5, "a.c={d: 5}", 2, "mine/main.yaml:3"), "a.c.e": (3, "mine/main.yaml:3", None, None)},
        ),
        (["a.c=5"], {"a.c": (5, "a.c=5", {"d": 2, "e": 3}, "mine/main.yaml:3"), "a.c.d": None}),
        (["++a.b.x=5"], {"a.b.x": (5, "++a.b.x=5", 1, "mine/main.yaml:2"), "a.b": None}),
        (["~a.c.d", "~a.c.e"], {"a.c": ({}, "~a.c.e", {"e": 3}, "mine/main.yaml:3")}),
        (["l=[3]"], {"l": ([3], "l=[3]", [1, 2], "mine/main.yaml:4")}),
        (["l.1=3"], {"l": ([1, 3], "l.1=3", [1, 2], "mine/main.yaml:4")}),
        (["l.0=1"], {"l": ([1, 2], "l.0=1", [1, 2], "mine/main.yaml:4")}),
        (["n=5"], {"n": (5, "n=5", None, "mine/main.yaml:5")}),
        (["+n.x=5"], {"n.x": (5, "+n.x=5", None, "mine/main.yaml:5")}),
        (["m=5"], {"m": (5, "m=5", "???", "mine/main.yaml:6")}),
        ([], {"m": ("???", "mine/main.yaml:6", None, None), "7": (["x"], "mine/main.yaml:7", None, None)}),
        (["+v.w.x=1", "v=null"], {"v": (None, "v=null", {"w": {"x": 1}}, "+v.w.x=1")}),
    ],
    ids=str,
)
def test_overrides(mine: Path, overrides: list[str], expected: dict[str, Any]) -> None:
    write(mine, main=OVERRIDDEN)
    found = origins(mine, *overrides)
    assert {key: found.get(key) for key in expected} == expected


def test_what_files_replace(mine: Path) -> None:
    write(
        mine,
        main="defaults:\n  - g: p\n  - e: e\n  - _self_\n",
        g__p="a:\n  b: 1\n  c: 2\nd: 3\ne: [1]\nf: 4\nh: 5\ni: {}\n",
        e__e="# @package g\na: null\nd:\n  x: 6\ne: [7]\nf: ???\nh: {}\ni: {j: 8}\n",
    )
    assert origins(mine) == {
        "g.a": (None, "e/e.yaml:2", {"b": 1, "c": 2}, "g/p.yaml:1"),
        "g.d.x": (6, "e/e.yaml:4", 3, "g/p.yaml:4"),
        "g.e": ([7], "e/e.yaml:5", [1], "g/p.yaml:5"),
        "g.f": (4, "g/p.yaml:6", None, None),  # ??? sets nothing where there is a value
        "g.h": ({}, "e/e.yaml:7", 5, "g/p.yaml:7"),
        "g.i.j": (8, "e/e.yaml:8", None, None),
    }


def test_anchors_and_merge_keys_stand_where_they_are_written(mine: Path) -> None:
    write(
        mine,
        main="a: &a\n  x: 1\n  y: 2\nb:\n  <<: *a\n  y: 3\nc: *a\nd: &d 4\ne: *d\n"
        "'f.g':\n  h: |\n    two\n    lines\n  i:\n    5\n",
    )
    assert {key: found[1] for key, found in origins(mine).items()} == {
        "a.x": "mine/main.yaml:2",
        "a.y": "mine/main.yaml:3",
        "b.x": "mine/main.yaml:2",
        "b.y": "mine/main.yaml:6",
        "c.x": "mine/main.yaml:2",
        "c.y": "mine/main.yaml:3",
        "d": "mine/main.yaml:8",
        "e": "mine/main.yaml:9",
        '["f.g"].h': "mine/main.yaml:11",
        '["f.g"].i': "mine/main.yaml:14",
    }


def test_keys_that_are_no_texts_are_told_from_texts(mine: Path) -> None:
    write(mine, main='k:\n  1: a\n  "3": b\n  2: c\n  1.5: d\n  "true": e\n')
    assert {key: found[:2] for key, found in origins(mine).items()} == {
        "k.1": ("a", "mine/main.yaml:2"),
        'k["3"]': ("b", "mine/main.yaml:3"),
        "k.2": ("c", "mine/main.yaml:4"),
        "k[1.5]": ("d", "mine/main.yaml:5"),
        'k["true"]': ("e", "mine/main.yaml:6"),
    }


def test_an_override_in_place_of_an_interpolation(mine: Path) -> None:
    write(mine, main="a: ${b}\nb:\n  x: 1\n  y: 2\n")
    expected = {"b.x": (1, "mine/main.yaml:3", None, None), "b.y": (2, "mine/main.yaml:4", None, None)}
    for override in ("++a.x=1", "a={x: 1}") if VERSION_BASE else ("a={x: 1}",):  # Hydra 1.4 follows a to b
        assert origins(mine, override) == {"a.x": (1, override, "${b}", "mine/main.yaml:1"), **expected}


def test_an_override_through_an_interpolation(mine: Path) -> None:
    write(mine, main="a: ${b}\nb:\n  x: 1\n  y: 2\n")
    changed = {"a": ("${b}", "mine/main.yaml:1", None, None), "b.x": (3, "++a.x=3", 1, "mine/main.yaml:3")}
    replaced = {"a.x": (3, "++a.x=3", "${b}", "mine/main.yaml:1"), "b.x": (1, "mine/main.yaml:3", None, None)}
    told = replaced if VERSION_BASE else changed  # Hydra 1.3 puts a mapping in its place
    assert origins(mine, "++a.x=3") == {**told, "b.y": (2, "mine/main.yaml:4", None, None)}


@pytest.mark.parametrize(
    ("key", "place"),
    [("k[a.b].x", ("d", "x")), ("k.c.x", ("d", "x")), ("l.0.x", ("l", 0, "x")), ("k[a.b]", ("k", "a.b"))],
)
def test_a_key_is_followed_through_an_interpolation(key: str, place: Place) -> None:
    config = OmegaConf.create({"k": {"a.b": "${d}", "c": "${d}"}, "d": {"x": 1}, "l": [{"x": 2}]})
    assert selected(config, key) == place
    assert tuple(map(str, _changed(key, config))) == tuple(map(str, place))


def test_a_merge_into_an_interpolation_copies_what_it_points_at(mine: Path) -> None:
    write(mine, main="defaults:\n  - g: p\n  - _self_\ng:\n  a: {y: 3}\n", g__p="a: ${.b}\nb:\n  x: 1\n")
    found = origins(mine)
    assert found["g.a.x"][:2] == (1, "g/p.yaml:1")
    assert found["g.a.y"] == (3, "mine/main.yaml:5", "${.b}", "g/p.yaml:1")


def test_a_value_whose_origin_cannot_be_told_is_said_to_be_of_unknown_origin(mine: Path) -> None:
    """Of a file merged at the top Hydra takes the nodes themselves, so that it is changed where it comes in again."""
    write(mine, main="defaults:\n  - g@_global_: p\n  - _self_\n  - g: p\na: {x: 1}\n", g__p="a:\n  x: 2\n")
    assert origins(mine) == {"a.x": (1, "mine/main.yaml:5", 2, "g/p.yaml:2"), "g.a.x": (1, "unknown", None, None)}


def test_what_was_replaced_shows_no_secret(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "abcdefgh")
    write(mine, main="db:\n  password: hunter2\n  user: me\n  url: x:abcdefgh@y\n")
    overrides = ["+w={password: hunter3, url: u}", "db.password=null", "w.password=null", "db.url=z"]
    found = origins(mine, *overrides)
    assert found["db.password"] == (None, "db.password=null", "***", "mine/main.yaml:2")
    assert found["db.url"] == ("z", "db.url=z", "***", "mine/main.yaml:4")
    assert found["w.password"] == (None, "w.password=null", "***", "+w=***")
    assert found["w.url"] == ("u", "+w=***", None, None)
    assert "hunter" not in str(found)


def test_configs_on_a_search_path_of_the_primary_config(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    write(tmp_path / "lib", g__p="\nx: 1\n")
    write(mine, main=f"defaults:\n  - g: p\n  - _self_\nhydra:\n  searchpath: ['file://{tmp_path}/lib']\n")
    assert origins(mine) == {"g.x": (1, "g/p.yaml:2", None, None)}


# Origins in configs drawn at random, against what the values themselves say.


@given(seed=st.integers(0, 2**32))
@settings(max_examples=1, deadline=None)
def test_every_origin_of_a_random_config(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_every_origin_of_many_random_configs(seed: int) -> None:
    check(seed)


def check(seed: int) -> None:
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as root:
        made = None
        while made is None:  # a group may be chosen twice with different options, say
            configs = Configs([Path(tempfile.mkdtemp(dir=root)), Path(tempfile.mkdtemp(dir=root))], draw)
            configs.write()
            made = _composed(configs, [])
        _check_origins(configs, *_overridden(configs, made))


def _composed(configs: Configs, overrides: list[str]) -> DictConfig | None:
    """The config; None if Hydra does not take it, or takes a file twice and so may mix things up."""
    try:
        made = compose(overrides, "main", configs.folders)
    except ConfigError:
        return None
    files = [f"{group.partition('@')[0]}/{option}" for group, option in made.hydra.runtime.choices.items() if option]
    return made.config if len(files) == len(set(files)) else None


def _overridden(configs: Configs, config: DictConfig) -> tuple[list[str], dict[str, DictConfig], DictConfig]:
    """Overrides that Hydra takes, with the config before each one of a key, and the config in the end."""
    draw = configs.draw
    every: list[str] = []
    before: dict[str, DictConfig] = {}
    for choice in draw.sample(["g=q", "+h@new=q", "~h", "exp=e"], draw.randint(0, 2)):
        if made := _composed(configs, [*every, choice]):
            every, config = [*every, choice], made
    for _ in range(draw.randint(0, 3)):
        text = _override(configs, dotted(draw.choice(list(leaves(config))[:6])))  # few, so that some are set again
        if made := _composed(configs, [*every, text]):
            every, before[text], config = [*every, text], config, made
    return every, before, config


def _override(configs: Configs, key: str) -> str:
    parent = key.rpartition(".")[0] or key
    forms = [(key, "{}"), (f"++{key}", "{}"), (f"+{key}_new", "{}"), (f"++{key}.x.y", "{}"), (key, "[{}]")]
    forms += [(f"+{key}_new", "{{a: {}}}"), (f"++{parent}", "{{a: {}}}")]
    return configs.draw.choice([f"~{key}", *(configs.override(*form) for form in forms)])


def _check_origins(configs: Configs, every: list[str], before: dict[str, DictConfig], config: DictConfig) -> None:
    traced = trace(config, every, "main", configs.folders).leaves
    assert {place: leaf.value for place, leaf in traced.items()} == leaves(config)
    for place, leaf in traced.items():
        number = mark(leaf.value)
        if number is None:  # what is left of a mapping when an override has deleted all that was in it
            assert leaf.origin.kind == "override"
            continue
        assert _said(leaf.origin) == configs.written[number]
        if leaf.replaced and (number := mark(leaf.replaced.value)) is not None:
            assert _said(leaf.replaced.origin) == configs.written[number]
        if leaf.origin.kind == "override":
            _check_replaced(leaf.replaced, before[str(leaf.origin.override)], place)
    _check_a_line(configs, every, traced)


def _said(origin: Origin) -> tuple[Path | None, int | None] | str | None:
    return origin.override if origin.kind == "override" else (origin.file, origin.line)


def _check_replaced(replaced: Leaf | None, before: DictConfig, place: Place) -> None:
    """What an override replaced is what the config has without it, there or where the place came into being."""
    plain: Any = OmegaConf.to_container(before)
    for key in place:
        if not isinstance(plain, dict):  # a value that gave way to a mapping
            break
        plain = plain.get(key, ABSENT)
    nothing = plain is ABSENT or plain == {}
    assert (ABSENT if replaced is None else replaced.value) == (ABSENT if nothing else plain)


def _check_a_line(configs: Configs, every: list[str], traced: dict[Place, Leaf]) -> None:
    """What a file's line replaced is what the config has when the line says ???, which sets nothing."""
    places = [place for place, leaf in traced.items() if leaf.origin.kind == "file" and isinstance(leaf.value, int)]
    if not places:
        return
    place = configs.draw.choice(places)
    leaf = traced[place]
    file, text = leaf.origin.file, str(leaf.value)
    assert file is not None
    file.write_text(file.read_text().replace(text, '"???"'))
    made: Any = OmegaConf.to_container(compose(every, "main", configs.folders).config)
    for key in place:
        made = made[key]
    if made == "???":
        assert leaf.replaced is None or not isinstance(leaf.replaced.value, dict)  # a value above it gave way, if any
    elif leaf.replaced is None or leaf.replaced.value != leaf.value:  # a file that is there twice replaces itself
        assert leaf.replaced is not None
        assert leaf.replaced.value == made
