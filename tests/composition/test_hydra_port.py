"""What colactl needs of the private parts of Hydra and OmegaConf: a test for each, which fails by its name."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra_plugins
import pytest
import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra._internal.core_plugins import basic_launcher
from hydra.core import utils
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf import _utils as omegaconf_utils
from omegaconf.errors import OmegaConfBaseException

from colactl.composition.differences import in_one_line
from colactl.composition.hydra_port import (
    VERSION_BASE,
    Entry,
    Guards,
    Session,
    apply,
    fill_in,
    filled_in,
    launcher_context,
    node_at,
    place_of,
    reference,
    set_value,
    unresolved,
)
from colactl.composition.key_lines import Loader, key_lines
from colactl.schema.key_path import split_key
from tests.conftest import ROOT, write_files

PORT = ROOT / "colactl" / "composition" / "hydra_port.py"
FILES = {
    "config.yaml": "defaults: [model: small, experiment: null, _self_]\nseed: 3\nlist: [1, {a: '${seed}'}]\n",
    "other.yaml": "defaults: [config, _self_]\nhydra:\n  searchpath: ['file://more']\n",
    "model/small.yaml": "size: 1\nname: ${seed}-${.size}\n",
    "model/large.yaml": "defaults: [small, _self_]\nsize: 2\n",
    "experiment/one.yaml": "# @package _global_\ndefaults:\n  - override /model: large\nseed: 4\n",
    "more/extra/thing.yaml": "x: 1\n",
}


class Seen:
    """What the guards of a session were asked."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.folders: list[str] = []
        self.loaded: list[list[tuple[str, int]]] = []

    @contextmanager
    def file(self, file: Path) -> Iterator[int]:
        """Says that every file has seven nodes."""
        self.files.append(file.relative_to(Path.cwd()).as_posix())
        yield 7

    def composition(self) -> Callable[[str, int], None]:
        """Begins a list for each composition."""
        found: list[tuple[str, int]] = []
        self.loaded.append(found)
        return lambda config, size: found.append((config, size))


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def session(seen: Seen) -> Iterator[Session]:
    write_files(Path(), FILES)
    with initialize_config_dir(str(Path.cwd()), job_name="train", **VERSION_BASE):
        path = GlobalHydra.instance().config_loader().get_search_path()
        yield Session(path, Guards(seen.file, seen.folders.append, seen.composition))


@pytest.fixture
def config() -> DictConfig:
    return OmegaConf.create(
        {"a": {"b": 1, "up": "${..c.0}", "here": "${.b}", "far": "${d.e}"}, "c": [{"f": 5}, 2], "d": "${a}", "n": None}
    )


def private_names() -> set[str]:
    """What the port imports from a private module, and the private attributes of what is not its own."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(PORT.read_text())):
        if isinstance(node, ast.ImportFrom) and re.search(r"\._|grammar", str(node.module)):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            own = node.value.id == "self" or not node.attr.startswith("_") or node.attr.startswith("__")
            names |= {node.attr} if not own or node.value.id == "omegaconf_utils" else set()
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            names |= {node.attr}  # of what a call returns, or of an attribute
    return names


def test_every_private_use_has_a_test_of_its_name() -> None:
    names = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_") for name in private_names()}
    assert {"config_loader_impl", "apply_overrides_to_config", "split_key", "get_node", "key"} <= names
    assert sorted(name for name in names if f"test_{name}" not in globals()) == []


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports, and what it imports from each."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_other_file_imports_what_is_private() -> None:
    """import-linter knows packages of others by their first name only."""
    private = re.compile(r"(hydra|omegaconf)\.(.+\.)?(_(?!_)|grammar)|hydra_plugins\.")
    files = set((ROOT / "colactl").rglob("*.py")) - {PORT}
    assert {file: names for file in files if (names := list(filter(private.match, imported(file))))} == {}


def test_version_base() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with initialize_config_dir(str(Path.cwd()), **VERSION_BASE):
            pass


def test_config_loader_impl(session: Session) -> None:
    expected = hydra_compose("config", ["model=large", "+new=1"])
    whole = session.compose("config", ["model=large", "+new=1"])
    assert whole.hydra.runtime.choices.model == "large"
    assert OmegaConf.to_yaml({key: value for key, value in whole.items_ex(resolve=False) if key != "hydra"}) == (
        OmegaConf.to_yaml(expected)
    )
    assert OmegaConf.to_container(session.compose("config", ["seed=1,2"], RunMode.MULTIRUN).hydra.overrides.task) == [
        "seed=1,2"
    ]


def test_file_config_source(session: Session, seen: Seen) -> None:
    session.compose("config", ["experiment=one"])
    assert set(seen.files) == {"config.yaml", "model/large.yaml", "model/small.yaml", "experiment/one.yaml"}


def test_config_repository(session: Session, seen: Seen) -> None:
    assert seen.folders == []
    session.compose("other", [])
    assert seen.folders == ["file://more"]


def test_caching_config_repository(session: Session, seen: Seen) -> None:
    session.compose("config", ["model=large"])
    (loaded,) = seen.loaded
    assert {("config", 7), ("model/large", 7), ("model/small", 7)} <= set(loaded)
    assert len(loaded) > len(set(loaded))  # as often as Hydra asks


def test_parse_overrides_and_create_caching_repo(session: Session) -> None:
    configs = session.configs("config")
    assert {"model", "experiment", "more", "hydra"} <= set(configs.groups())
    assert configs.options("model") == ["large", "small"]
    assert (configs.is_group("model"), configs.is_group("mode")) == (True, False)
    assert (configs.has("model/large"), configs.has("model/larger"), configs.has("extra/thing")) == (True, False, False)
    assert session.configs("other").has("extra/thing")
    found = configs.load("model/large")
    assert found is not None
    assert (found.path, found.config.size) == (f"file://{Path.cwd()}", 2)
    assert configs.load("model/larger") is None


def test_get_sources(session: Session) -> None:
    configs = session.configs("config")
    assert configs.file("model/large") == Path.cwd() / "model" / "large.yaml"
    assert configs.file("model/larger") is None
    assert configs.file("hydra/launcher/basic") is None


def test_create_defaults_list(session: Session, seen: Seen) -> None:
    configs = session.configs("config")
    made = configs.defaults("config", ["experiment=one", "seed=9"])
    assert [entry for entry in made.entries if not entry.name.startswith("hydra/")] == [
        Entry("model/small", "model", "model/large", None),
        Entry("model/large", "model", "config", None),
        Entry("experiment/one", "", "config", "experiment"),
        Entry("config", "", "<root>", None),
    ]
    assert [override.input_line for override in made.values] == ["seed=9"]
    assert (made.choices["model"], made.choices["experiment"]) == ("large", "one")
    assert made.chosen_in["model"] == ("experiment/one", "/model")
    seen.files.clear()
    assert configs.defaults("config", []).choices["model"] == "small"
    assert seen.files == []


def test_apply_overrides_to_config(session: Session) -> None:
    config = OmegaConf.create({"a": {"b": 1}, "c": 2})
    OmegaConf.set_struct(config, True)
    for override in session.parse(["a.b=5", "+a.d=[1,2]", "~c"]):
        apply(override, config)
    assert OmegaConf.to_container(config) == {"a": {"b": 5, "d": [1, 2]}}
    for override in session.parse(["a.x=1", "+a.b=1", "~e"]):
        with pytest.raises(ConfigCompositionException):
            apply(override, config)


def test_launcher_context(session: Session) -> None:
    node = session.compose("config", [], RunMode.MULTIRUN)
    node.hydra.sweep.dir, node.hydra.output_subdir = "swept", None
    node.hydra.job_logging = node.hydra.hydra_logging = {"version": 1, "root": None, "disable_existing_loggers": False}

    def job_config(words: Sequence[str]) -> DictConfig:
        config = node.copy()
        config.seed, config.hydra.sweep.subdir = int(words[0]), words[1]
        return config

    launcher = Plugins.instance().instantiate_launcher(launcher_context(job_config), lambda job: job.seed, node)
    done = launcher.launch([["5", "one"], ["6", "two"]], initial_job_idx=0)
    assert [(job.return_value, job.cfg, job.hydra_cfg) for job in done] == [(5, None, None), (6, None, None)]
    assert sorted(folder.name for folder in Path("swept").iterdir()) == ["one", "two"]


def test_launcher_context_has_all_that_launchers_call() -> None:
    """Those that colactl goes with, and Hydra's function that runs a job."""
    plugins = [file for folder in hydra_plugins.__path__ for file in Path(folder).glob("hydra_*_launcher/*.py")]
    texts = [file.read_text() for file in (*plugins, *map(Path, (basic_launcher.__file__, utils.__file__)))]
    asked = {called for text in texts for called in re.findall(r"\b((?:config_loader|callbacks)\.\w+)", text)}
    assert asked == {"config_loader.load_sweep_config", "callbacks.on_job_start", "callbacks.on_job_end"}


def test_glob_finds_the_options_of_the_session(session: Session) -> None:
    (override,) = session.parse(["model=glob(*)"])
    assert list(override.sweep_string_iterator()) == ["large", "small"]


@pytest.mark.parametrize(
    ("key", "parts"),
    [("a", ["a"]), ("a.b", ["a", "b"]), ("a[b.c].d", ["a", "b.c", "d"]), ("[a].0", ["a", "0"]), ("", [""])],
)
def test_split_key(key: str, parts: list[str]) -> None:
    """The schema, which needs no OmegaConf, reads keys alike."""
    assert omegaconf_utils.split_key(key) == split_key(key) == parts


def test_get_node(config: DictConfig) -> None:
    OmegaConf.set_struct(config, True)
    assert isinstance(node_at(config, ("c", 0)), DictConfig)
    assert OmegaConf.is_interpolation(node_at(config, ("d",)))
    assert node_at(config, ("a", "none")) is None
    assert node_at(config, ()) is config


def test_get_parent(config: DictConfig) -> None:
    assert place_of(config.c[0]) == ("c", 0)
    assert place_of(node_at(config, ("a", "far"))) == ("a", "far")
    assert place_of(config) == ()


def test_key(config: DictConfig) -> None:
    assert [place_of(node_at(config, ("c", index))) for index in range(2)] == [("c", 0), ("c", 1)]


def test_value(config: DictConfig) -> None:
    assert unresolved(node_at(config, ("d",))) == "${a}"
    assert unresolved(node_at(config, ("a", "b"))) == 1
    assert unresolved(node_at(config, ("n",))) is None
    assert list(unresolved(config.a)) == ["b", "up", "here", "far"]
    assert all(OmegaConf.is_config(item) or unresolved(item) == 2 for item in unresolved(config.c))


def test_resolve_interpolation_from_parse_tree(config: DictConfig) -> None:
    for _ in range(2):  # the second time the text is parsed already
        found = filled_in(node_at(config, ("d",)))
        assert place_of(found) == ("a",)
        with pytest.raises(OmegaConfBaseException):
            filled_in(node_at(config, ("a", "far")))  # a has no e


def test_set_value(config: DictConfig) -> None:
    set_value(node_at(config, ("a", "b")), 3)
    assert config.a.b == 3


def test_resolve_key_and_root(config: DictConfig) -> None:
    node = node_at(config, ("a", "up"))
    for key, place, rest in [(".b", ("a",), ["b"]), ("..c.0", (), ["c", "0"]), ("c[0].f", (), ["c", "0", "f"])]:
        root, keys = reference(node, key)
        assert (place_of(root), keys) == (place, rest)


def test_get_parent_container(config: DictConfig) -> None:
    assert reference(node_at(config, ("c", 1)), ".0")[0] is config.c


def met(config: DictConfig, place: tuple[Any, ...]) -> list[Any]:
    """What is met when the interpolations at a place are filled in."""
    node, found = node_at(config, place), []
    fill_in(unresolved(node), node, lambda root, keys: found.append((place_of(root), keys)))
    return found


def test_grammar_visitor() -> None:
    """A key may be made by another interpolation, and be a number; brackets and dots are told apart."""
    config = OmegaConf.create({"k": "b", "a": {"b": 1}, "l": [7], "t": "${a.${k}} ${[a][b]} ${l[0]} ${oc.select:a.b}"})
    top: tuple[Any, ...] = ()
    expected = [(top, ["k"]), (top, ["a", "b"]), (top, ["a", "b"]), (top, ["l", "0"])]
    assert met(config, ("t",)) == expected


def test_parse() -> None:
    config = OmegaConf.create({"a": 1, "t": r"\${a} ${a} ${oc.decode:'${a}'}", "bad": None})
    assert met(config, ("t",)) == [((), ["a"]), ((), ["a"])]
    with pytest.raises(OmegaConfBaseException):
        fill_in("${a", node_at(config, ("bad",)), print)


def test_resolve_node_interpolation() -> None:
    config = OmegaConf.create({"a": "${b}", "b": "${c}", "c": "d", "d": 1, "t": "${${a}}", "lost": "${${none}}"})
    assert met(config, ("t",)) == [((), ["a"]), ((), ["d"])]
    with pytest.raises(OmegaConfBaseException):
        met(config, ("lost",))


def test_evaluate_custom_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a")
    config = OmegaConf.create({"a": 1, "t": "${${oc.env:KEY}}", "never": "x${oc.env:NO_SUCH_VARIABLE}"})
    assert met(config, ("t",)) == [((), ["a"])]
    with pytest.raises(KeyError, match="NO_SUCH_VARIABLE"):
        met(config, ("never",))


TEXTS = ["a", "y", "N", "yes", "Off", "null", "~", "1", "1.5", "1e3", ".5", "0x1f", "1_000", "nan", "inf", "-.inf"]
TEXTS += ["+1", "2020-01-01", "a:b", "[a", "{a", "'a'", '"a"', "a,b", "é", "#a", "1:30", "=", "<<", "${a}"]
TEXTS += ["", " a", "a: b", "- a", "a #b", "a b"]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_have_the_quotes_that_omegaconf_gives_them(text: str) -> None:
    """They are OmegaConf's own rule, in the public part of PyYAML: its dumper is private."""
    written = OmegaConf.to_yaml(DictConfig({"key": text})).removeprefix("key: ").removesuffix("\n")
    assert in_one_line(text) == written
    (read,) = yaml.load(in_one_line([text]), Loader)
    assert (type(read), read) == (str, text)


@pytest.mark.parametrize("key", ["a", "1", "1.5", "1e3", "1.5e3", ".5e+3", "2020-01-01", "true", "0x1f", "null", "'1'"])
def test_keys_are_read_as_omegaconf_reads_them(key: str) -> None:
    """The loader is our own, of the public part of PyYAML: OmegaConf's is private, and was moved in 2.4."""
    (read,) = yaml.safe_load(f"- {key}") if key == "null" else OmegaConf.create(f"{key}: 1")
    (place,) = [place for place in key_lines(f"{key}: 1") if place]
    assert (type(place[0]), place[0]) == (type(read), read)


def test_merge_keys_are_read_as_omegaconf_reads_them() -> None:
    text = "base: &b\n  x: 1\n  y: 2\nmore:\n  <<: *b\n  y: 3\n"
    config = OmegaConf.create(text)
    assert isinstance(config, DictConfig)
    places = {place: lines.key for place, lines in key_lines(text).items()}
    assert {place[1] for place in places if len(place) == 2 and place[0] == "more"} == set(config.more)
    assert (places["more", "x"], places["more", "y"]) == (2, 6)
    assert not isinstance(config.more, ListConfig)
