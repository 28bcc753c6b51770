from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import MissingConfigException
from omegaconf import OmegaConf

from colactl.composition.compose import compose, config_hash
from colactl.composition.hydra_port import VERSION_BASE
from colactl.composition.session import explained
from colactl.composition.validate import validate
from colactl.errors import ConfigError
from colactl.schema.config_files import config_dir

OPTIONS = sorted(
    file.relative_to(config_dir()).with_suffix("").as_posix()
    for file in config_dir().rglob("*.yaml")
    if file.parent != config_dir()
)
NEEDED = {"model/transformers": ["model.name=x"], "data/files": ["data.train=a", "data.validation=b"]}


def override(option: str) -> str:
    group, _, name = option.rpartition("/")
    return f"{group}={name}"


def test_there_are_options() -> None:
    assert len(OPTIONS) >= 20


@pytest.mark.parametrize("option", OPTIONS)
def test_every_shipped_option_composes_complete_and_valid(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    config = compose([override(option), *NEEDED.get(option, [])]).config
    # Nothing was added by the schema: what show-config prints is all that a run gets.
    assert OmegaConf.to_yaml(validate(config)) == OmegaConf.to_yaml(config)


@pytest.mark.parametrize("option", OPTIONS)
def test_every_key_of_a_shipped_option_has_a_comment(option: str) -> None:
    lines = (config_dir() / f"{option}.yaml").read_text().splitlines()
    body = lines[lines.index("  - _self_") + 1 :] if "  - _self_" in lines else lines
    if option.startswith("experiment/"):  # a recipe's keys have their group's comments
        body = []
    keys = [line for line in body if ":" in line and not line.lstrip().startswith(("#", "- "))]
    alone = (
        "_target_",
        "wandb:",
        "checkpoint:",
        "early_stopping:",
        "validation:",
        "sentence:",
        "label:",
        "source: null",
    )
    described = [line for line in keys if "  # " in line or line.strip().startswith(alone)]
    assert [line for line in keys if line not in described] == []


def test_the_same_config_as_hydra_itself_makes() -> None:
    with initialize_config_dir(str(config_dir()), **VERSION_BASE):
        expected = hydra_compose("config", ["model=bert", "training.max_epochs=3"])
    assert OmegaConf.to_yaml(compose(["model=bert", "training.max_epochs=3"]).config) == OmegaConf.to_yaml(expected)


def test_hydra_is_left_as_it_was() -> None:
    compose(["model=bert"])
    assert not GlobalHydra.instance().is_initialized()
    with initialize_config_dir(str(config_dir()), **VERSION_BASE):
        compose(["model=bert"])
        assert GlobalHydra.instance().is_initialized()


def test_groups_are_orthogonal() -> None:
    default, bert = compose().config, compose(["model=bert"]).config
    assert [group for group in default if default[group] != bert[group]] == ["model"]


def test_an_experiment_wins_over_its_groups_and_overrides_win_over_it() -> None:
    config = compose(["experiment=cola_bert", "optimizer.lr=5e-5"]).config
    assert (config.data.path, config.processing.batch_size, config.optimizer.lr) == ("nyu-mll/glue", 32, 5e-5)


def test_a_users_folder_wins_and_adds(tutorial: Path) -> None:
    config = compose(config_dirs=[tutorial]).config
    assert OmegaConf.to_container(config, resolve=True) == {
        "model": {"name": "google/bert_uncased_L-2_H-128_A-2", "tokenizer": "google/bert_uncased_L-2_H-128_A-2"},
        "database": {"driver": "mongo", "url": "mongo://localhost"},
    }
    assert compose(["model=roberta"], config_dirs=[tutorial]).config.model.name == "FacebookAI/roberta-base"


def test_the_first_of_several_folders_wins(tutorial: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    (first / "model").mkdir(parents=True)
    (first / "model" / "bert.yaml").write_text("name: first\n")
    assert compose(["model=bert"], config_dirs=[first, tutorial]).config.model.name == "first"
    assert compose(["model=bert"], config_dirs=[tutorial, first]).config.model.name == "bert-base-cased"
    assert compose(["model=bert"]).config.model.name == "google-bert/bert-base-uncased"


def test_the_hash_follows_values_and_not_their_order() -> None:
    one, other = compose(["seed=1", "training.max_epochs=2"]), compose(["training.max_epochs=2", "seed=1"])
    assert config_hash(one.config) == config_hash(other.config)
    assert config_hash(one.config) != config_hash(compose(["seed=1"]).config)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1\n", "not YAML"),
        ("a: 1\na: 2\n", "config.yaml:2: the key a is there twice"),
        ("defaults:\n  - model: nope\n", "'nope'"),
        ("- 1\n- 2\n", "config"),
        ("a: !!python/object/apply:os.getcwd []\n", "config.yaml:1: the tag !!python/object/apply:os.getcwd is"),
        ("defaults:\n  - config\n", "config"),
    ],
)
def test_a_broken_file_is_explained(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        compose(config_dirs=[tmp_path])
    assert told in str(caught.value)


def test_a_missing_folder_or_name_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no config folder"):
        compose(config_dirs=[tmp_path / "nope"])
    with pytest.raises(ConfigError, match="no config named 'nope'"):
        compose(config_name="nope")
    with pytest.raises(ConfigError, match=r"Did you mean --config-name config\?"):
        compose(config_name="confg")


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one() -> None:
    with TemporaryDirectory() as parent:  # where others than root may go, as they may not below tmp_path
        Path(parent).chmod(0o755)
        folder = Path(parent) / "configs"
        folder.mkdir(0o000)
        is_root = os.getuid() == 0
        try:
            if is_root:
                os.setresuid(65534, 65534, 0)
            with pytest.raises(ConfigError, match="may not be read"):
                compose(config_dirs=[folder])
        finally:
            if is_root:
                os.setresuid(0, 0, 0)
            folder.chmod(0o755)


@pytest.mark.parametrize(
    ("option", "extra"), [("submitit_slurm", "slurm"), ("submitit_local", "slurm"), ("ray", "ray")]
)
def test_a_launcher_of_an_extra_that_is_not_installed(option: str, extra: str) -> None:
    missing = MissingConfigException("", f"hydra/launcher/{option}", options=["basic", "joblib"])  # as Hydra raises it
    with pytest.raises(ConfigError, match=rf"pip install 'colactl\[{extra}\]'"), explained():
        raise missing
