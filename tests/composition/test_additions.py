"""Names that `+` adds at the top of a config: the user's own, but for those that are nearly one of colactl's."""

from __future__ import annotations

from pathlib import Path

import pytest

from colactl.composition import compose
from colactl.errors import ConfigError
from colactl.sweeping.planning.jobs import plan

MISTAKES = {
    "+modle=bert": "there is no group modle; did you mean model=bert?",
    "+trainin.max_epochs=2": "there is no key trainin.max_epochs; did you mean training.max_epochs=2?",
    "++optimiser.lr=1e-3": "there is no key optimiser.lr; did you mean optimizer.lr=1e-3?",
    "+sed=3": "there is no group or key sed; did you mean seed=3?",
    "+modle={name: x}": "there is no group or key modle; did you mean 'model={name: x}'?",
    "+trainin.min_epochs=2": "there is no key trainin.min_epochs; did you mean +training.min_epochs=2?",
    # what other programs call it, and what is at home deeper down
    "+trainer=debug": "there is no group trainer; did you mean training=debug?",
    "+trainer.devices=2": "there is no key trainer.devices; did you mean training.devices=2?",
    "+epochs=3": "there is no group or key epochs; did you mean training.max_epochs=3?",
    "+lr=3": "there is no group or key lr; did you mean optimizer.lr=3?",
    "+batchsize=8": "there is no group or key batchsize; did you mean processing.batch_size=8?",
    "+wandb.project=x": "there is no key wandb.project; did you mean logger.wandb.project=x?",
    # nobody knows what was meant
    "+trainin=true": (
        "there is no group or key trainin; training is near; the group has ddp, debug, default, gpu; "
        "as a name of your own it belongs in a config file."
    ),
    "+modle.foo=1": "there is no key modle.foo; model is near; as a name of your own it belongs in a config file.",
}


@pytest.mark.parametrize("override", ["+modle=bert", "++optimiser.lr=1e-3", "+lr=3"])
def test_a_name_nearly_one_of_colactls_is_no_new_one(override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([override])
    assert caught.value.message == f"{override}: {MISTAKES[override]}"


def test_all_of_them_at_once_and_in_a_sweep() -> None:
    with pytest.raises(ConfigError) as caught:
        compose([*MISTAKES, "+database.url=x", "seed=x"])
    assert caught.value.faults[:-1] == tuple(f"{override}: {said}" for override, said in MISTAKES.items())
    with pytest.raises(ConfigError, match=r"^\+modle=bert,brt: there is no group modle; did you mean model=bert\?"):
        plan(["+modle=bert,brt"])
    with pytest.raises(ConfigError, match=r"did you mean training\.max_epochs=1,2\?"):
        plan(["+trainin.max_epochs=1,2"])


@pytest.mark.parametrize(
    "overrides",
    [
        ["+database.name=x", "+databases={url: 1}"],  # near one another, and that is the user's affair
        ["+name=x", "+tags=[a]", "+task_name=x", "+paths.data=x", "+modules.x=1", "+db.seed=1"],
        ["+model@teacher=bert", "+student=3"],
        ["+note1=x", "+note2=x", "+data2=x", "+model_dir=x", "+models=[a]"],  # near one of colactl's
        ["+date=2026-11-24", "+mode=x", "+need=x", "+speed=1", "+rating=1", "+timing=x", "+training_notes=x"],
        ["+project=x", "+label=x", "+source=x", "+format=x", "+process=x", "+group=x"],  # at home deeper down, too
    ],
)
def test_names_of_the_users_own(overrides: list[str]) -> None:
    compose(overrides)


def test_what_the_users_folder_has_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "modell").mkdir()
    (tmp_path / "modell" / "x.yaml").write_text("y: 1\n")
    (tmp_path / "mine.yaml").write_text("defaults: [config, _self_]\nseeds: [1]\ntrain: {a: 1}\n")
    added = ["+modell=x", "+modell.z=1", "+train.b=1", "++seeds=[2]"]
    config = compose(added, "mine", [tmp_path]).config
    assert (config.modell, config.train, config.seeds) == ({"y": 1, "z": 1}, {"a": 1, "b": 1}, [2])
    with pytest.raises(ConfigError, match=r"^\+modelll=x: there is no group modelll; did you mean \+modell=x\?"):
        compose(["+modelll=x"], "mine", [tmp_path])
