"""What a few characters of a config file can ask for, and is refused at once."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.composition.compose import Composed, compose
from colactl.composition.groups import list_groups
from colactl.errors import ConfigError
from tests.conftest import write_files

SOON = 5  # seconds of this process, whatever else the machine does
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 10)}]\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {k0: 1, k1: 1, k2: 1}\n" + "".join(
    f"{one}: &{one} {{x: *{before}, y: *{before}, z: {{<<: *{before}}}}}\n"
    for before, one in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)


def composed(folder: Path, **files: str) -> Composed:
    """The config that a folder of configs makes; a name's double underscores are slashes."""
    write_files(folder, {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()})
    return compose(config_dirs=[folder])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LAUGHS, "config.yaml:4: with its aliases, the file has more than"),
        (MERGED, "with its aliases, the file has more than"),
        ("a: &a [*a]\n", "config.yaml:1: *a stands within its own anchor"),
        ("a:\n  b: *c\n", "config.yaml:2: *c stands"),
        (f"a: {'[' * 60}{']' * 60}\n", "config.yaml:1: it is nested more than"),
        ("[" * 5000, "config.yaml:1: it is nested more than"),  # and never ends
        ("{a: " * 5000, "config.yaml:1: it is nested more than"),
        ("a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 30 + "*a" + "]" * 30, "config.yaml:2: it is nested"),
        ("a: 1\n1: x\n1: y\n", "config.yaml:3: the key 1 is there twice"),
        ("a: 1\nb: \0\n", "config.yaml:2: there is a NUL byte"),
        ("a: 1\n" * 60_000, "is larger than"),
        ("".join(f"k{key}: 1\n" for key in range(6000)), "more than 10000 keys and values"),
        ("a: !!set {x}\n", "config.yaml:1: the tag !!set is refused"),
        ("a: !!bool maybe\n", "config.yaml cannot be read: 'maybe'"),
        ("a: !!int ''\n", "config.yaml cannot be read"),
        (f"a: '{'${b}' * 2000}'\n", "config.yaml:1: a text with an interpolation has more than"),
        (f"a: 1{':59' * 60_000}\n", "config.yaml:1: a number has more than"),
        (f"a: 0x{'f' * 5000}\n", "config.yaml:1: a number has more than"),
        ("hydra: {job: {env_copy: [NOPE]}}\n", "NOPE"),
    ],
)
def test_a_file_that_is_too_much(tmp_path: Path, text: str, told: str) -> None:
    begun = time.process_time()
    with pytest.raises(ConfigError) as caught:
        composed(tmp_path, config=text)
    assert told in str(caught.value)
    assert time.process_time() - begun < SOON


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2: this is not UTF-8"):
        compose(config_dirs=[tmp_path])


@pytest.mark.parametrize("second", ["y", "x.x"])
def test_defaults_that_bring_in_each_other(tmp_path: Path, second: str) -> None:
    files = {f"g__f{place}": f"defaults: [f{place + 1}@x, f{place + 1}@{second}]\n" for place in range(30)}
    begun = time.process_time()
    with pytest.raises(ConfigError, match="The defaults lists bring in too much"):
        composed(tmp_path, config="defaults: [g/f0@x, _self_]\n", **files, g__f30="a: 1\n")
    assert time.process_time() - begun < SOON


def test_defaults_that_bring_in_themselves(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lead back to themselves"):
        composed(tmp_path, config="defaults: [config@x, config@y, _self_]\n")


@pytest.mark.parametrize("path", ["pkg://canary", "structured://canary", "nowhere", "file://nowhere"])
def test_a_search_path_that_is_no_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigError, match=f"hydra.searchpath names {path}"):
        composed(tmp_path, config=f"hydra: {{searchpath: ['{path}']}}\n")


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_search_path_of_a_config_is_followed_and_its_files_are_checked(tmp_path: Path, scheme: str) -> None:
    other = tmp_path / "other"
    (other / "model").mkdir(parents=True)
    (other / "model" / "mine.yaml").write_text("name: found\n")
    text = f"defaults: [model: mine, _self_]\nhydra: {{searchpath: ['{scheme}{other}']}}\n"
    assert composed(tmp_path, config=text).config.model.name == "found"
    (other / "model" / "mine.yaml").write_text(LAUGHS)
    with pytest.raises(ConfigError, match=r"mine\.yaml:4: with its aliases"):
        compose(config_dirs=[tmp_path])


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:canary.f []",
        "!!python/name:canary.f",
        "{_target_: canary.f}",
        "${canary:1}",
        "${oc.create:{_target_: canary.f}}",
        "${oc.decode:'{_target_: canary.f}'}",
    ],
)
def test_a_config_is_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "canary").mkdir()
    (tmp_path / "canary" / "__init__.py").write_text("raise AssertionError('code of a config has run')\n")
    monkeypatch.syspath_prepend(tmp_path)
    places = ["a: {}", "model: {{x: {}}}", "hydra: {{launcher: {}}}", "hydra: {{callbacks: {{x: {}}}}}"]
    places += [
        "hydra: {{job_logging: {{x: {}}}}}",
        "hydra: {{sweeper: {}}}",
        "callbacks: {{x: {}}}",
        "logger: {{x: {}}}",
    ]
    places += ["hydra: {{searchpath: ['pkg://canary', {}]}}", "hydra: {{searchpath: ['structured://canary', {}]}}"]
    for place in places:
        with suppress(ConfigError, ValueError):  # an unknown resolver is OmegaConf's own error
            OmegaConf.to_container(composed(tmp_path, config=place.format(text)).config, resolve=True)
    assert "canary" not in sys.modules


def test_a_folder_whose_links_lead_round_is_no_folder_of_configs(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(tmp_path)
    begun = time.process_time()
    with pytest.raises(ConfigError, match="there are more than 1000"):
        list_groups(config_dirs=[tmp_path])
    with pytest.raises(ConfigError, match="did you mean model=bert"):  # which looks there too
        compose(["modle=brt"], config_dirs=[tmp_path])
    assert time.process_time() - begun < 2 * SOON
