from __future__ import annotations

import stat
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.composition.compose import compose
from colactl.schema.config_files import config_dir, shipped_configs
from tests.terminal import invoke, refused

NAMES = list(shipped_configs())
MISSING = {"data/files": ["data.train=a.tsv", "data.validation=b.tsv"], "model/transformers": ["model.name=x"]}


def test_every_shipped_file_has_a_name() -> None:
    assert {"config", "model/bert", "hydra/launcher/two_jobs"} < set(NAMES)
    assert len(NAMES) == len([file for file in config_dir().rglob("*") if file.suffix in (".yaml", ".yml")])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_copy_composes_to_the_same_config(name: str) -> None:
    done = invoke("copy-config", name, "mine", "--quiet")
    assert (done.exit_code, done.output) == (0, f"mine/{name}.yaml\n")
    group, _, option = name.rpartition("/")
    overrides = ([f"{group}={option}"] if group else []) + MISSING.get(name, [])
    before, after = compose(overrides), compose(overrides, config_dirs=["mine"])
    assert OmegaConf.to_yaml(after.config) == OmegaConf.to_yaml(before.config)
    assert OmegaConf.to_yaml(after.hydra.launcher) == OmegaConf.to_yaml(before.hydra.launcher)
    assert after.hydra.runtime.choices == before.hydra.runtime.choices


def test_all_copies_together_compose_to_the_same_configs() -> None:
    for name in NAMES:
        assert invoke("copy-config", name, "mine").exit_code == 0
    for overrides in ([], ["training=debug"], ["experiment=cola_bert"], ["hydra/launcher=slurm", "training=ddp"]):
        before, after = compose(overrides), compose(overrides, config_dirs=["mine"])
        assert OmegaConf.to_yaml(after.config) == OmegaConf.to_yaml(before.config)
        assert OmegaConf.to_yaml(after.hydra.launcher) == OmegaConf.to_yaml(before.hydra.launcher)


def test_what_is_changed_there_is_what_composes() -> None:
    done = invoke("copy-config", "training/debug")
    assert (done.stdout, Path(done.stdout.strip()).is_file()) == ("configs/training/debug.yaml\n", True)
    assert "colactl show-config --config-dir configs training=debug\n" in done.stderr
    copied = Path("configs/training/debug.yaml")
    copied.write_text(copied.read_text().replace("max_epochs: 1 ", "max_epochs: 2 "))
    training = compose(["training=debug"], config_dirs=["configs"]).config.training
    assert (training.max_epochs, training.limit_train_batches, training.precision) == (2, 2, "auto")


def test_the_next_command_is_one_that_can_be_typed() -> None:
    assert invoke("copy-config", "config", "my dir").stderr.endswith("colactl show-config --config-dir 'my dir'\n")
    assert invoke("show-config", "--config-dir", "my dir").exit_code == 0
    told = invoke("copy-config", "hydra/launcher/two_jobs", "my dir").stderr
    assert told.endswith("colactl list-groups --config-dir 'my dir' hydra/launcher=two_jobs\n")
    assert invoke("list-groups", "--config-dir", "my dir", "hydra/launcher=two_jobs").exit_code == 0


def test_it_never_overwrites_without_force() -> None:
    assert invoke("copy-config", "model/bert").exit_code == 0
    file = Path("configs/model/bert.yaml")
    file.write_text("name: mine\n")
    refused = invoke("copy-config", "model/bert")
    assert (refused.exit_code, refused.stdout, file.read_text()) == (2, "", "name: mine\n")
    assert "--force" in refused.stderr
    assert invoke("copy-config", "model/bert", "--force").stdout == "configs/model/bert.yaml\n"
    assert file.read_bytes() == (config_dir() / "model/bert.yaml").read_bytes()
    assert sorted(file.parent.iterdir()) == [file]  # nothing is left beside it


def test_a_link_is_a_file_that_is_there() -> None:
    Path("configs/model").mkdir(parents=True)
    link, target = Path("configs/model/bert.yaml"), Path("elsewhere.yaml").absolute()
    link.symlink_to(target)  # which is not there
    assert invoke("copy-config", "model/bert").exit_code == 2
    assert not target.exists()
    assert invoke("copy-config", "model/bert", "--force").exit_code == 0
    assert link.is_symlink()
    assert target.read_bytes() == (config_dir() / "model/bert.yaml").read_bytes()


def test_the_copy_can_be_written_to_as_any_new_file() -> None:
    invoke("copy-config", "model/bert")
    Path("new").touch()
    assert stat.S_IMODE(Path("configs/model/bert.yaml").stat().st_mode) == stat.S_IMODE(Path("new").stat().st_mode)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model/brt", "model/bert"),
        ("bert", "Did you mean model/bert?"),
        ("model=bert", "Did you mean model/bert? "),
        ("model/bert.yaml", "Did you mean model/bert? "),
        ("two_jobs", "hydra/launcher/two_jobs"),
        ("training", "Name one of training/ddp, training/debug, training/default, training/gpu."),
        ("hydra/launcher/", "hydra/launcher/slurm"),
        ("hydra/launcher/joblib", "ships no config"),
        ("confg", "config"),
        ("../pyproject", "list-groups"),
        ("", "list-groups"),
    ],
)
def test_an_unknown_one_is_answered_with_its_like(name: str, said: str) -> None:
    assert said in refused("copy-config", name)


def test_a_folder_that_is_not_the_users(tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in config_dir().rglob("*.yaml")}
    (tmp_path / "link").symlink_to(config_dir())
    for folder in (config_dir(), config_dir() / "model", tmp_path / "link"):
        assert "colactl copy-config model/bert DIR" in refused("copy-config", "model/bert", folder, "--force")
    assert {file: file.read_bytes() for file in config_dir().rglob("*.yaml")} == before


def test_a_folder_that_cannot_be() -> None:
    Path("file").touch()
    assert invoke("copy-config", "model/bert", "file").exit_code == 2
    Path("mine").mkdir()
    Path("mine/model").touch()
    assert "mine/model/bert.yaml cannot be written" in refused("copy-config", "model/bert", "mine", code=1)
