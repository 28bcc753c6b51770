"""The mistakes that people make, and what they are told to type instead."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from colactl.composition.compose import compose, compose_and_validate
from colactl.composition.hydra_port import VERSION_BASE
from colactl.errors import ConfigError
from colactl.schema.arguments import optimizers
from colactl.sweeping.planning.jobs import plan

# Each with what is wrong, and what is meant. All are made at once, as each is to be told whatever else is wrong.
MISTAKES = {
    # a key in the wrong place, or none at all
    "max_epochs=3": "there is no group or key max_epochs; did you mean training.max_epochs=3?",
    "max_epoch=3": "there is no group or key max_epoch; did you mean training.max_epochs=3?",
    "lr=1e-3": "there is no group or key lr; did you mean optimizer.lr=1e-3?",
    "training.lr=1e-3": "there is no key training.lr; did you mean optimizer.lr=1e-3?",
    "training.batchsize=8": "there is no key training.batchsize; did you mean processing.batch_size=8?",
    "training.warmup=0.1": "there is no key training.warmup; did you mean optimizer.warmup_ratio=0.1?",
    "training.batch_size=8": "there is no key training.batch_size; did you mean processing.batch_size=8?",
    "wandb.mode=online": "there is no key wandb.mode; did you mean logger.wandb.mode=online?",
    "precision=16": "there is no group or key precision; did you mean training.precision=16?",
    "precision=fp16": "there is no group or key precision; did you mean training.precision=16-mixed?",
    "name=x": "there is no group or key name; did you mean model.name=x or logger.wandb.name=x?",
    # what other programs call it
    "learning_rate=3e-5": "there is no group or key learning_rate; did you mean optimizer.lr=3e-5?",
    "num_train_epochs=3": "there is no group or key num_train_epochs; did you mean training.max_epochs=3?",
    "epochs=3": "there is no group or key epochs; did you mean training.max_epochs=3?",
    "fp16=true": "there is no group or key fp16; did you mean training.precision=16-mixed?",
    "+training.bf16=true": "training.bf16 is not a key of training; did you mean training.precision=bf16-mixed?",
    "+training.enable_checkpointing=false": (
        "training.enable_checkpointing is not a key of training; did you mean callbacks.checkpoint=null?"
    ),
    "training.num_workers=4": "there is no key training.num_workers.",
    "model.layers=3": (
        "there is no key model.layers; did you mean model.architecture.num_hidden_layers=3 or "
        "model.architecture.global_attn_every_n_layers=3?"
    ),
    # misspelt, at any depth
    "optimizer.lrr=1": "there is no key optimizer.lrr; did you mean optimizer.lr=1?",
    "sed=3": "there is no group or key sed; did you mean seed=3?",
    "logger.wanbd.mode=online": "there is no key logger.wanbd.mode; did you mean logger.wandb.mode=online?",
    "trainng.max_epoch=3": "there is no key trainng.max_epoch; did you mean training.max_epochs=3?",
    "model.architecture.hiden_size=8": (
        "there is no key model.architecture.hiden_size; did you mean model.architecture.hidden_size=8?"
    ),
    "training.max-epochs=3": "there is no key training.max-epochs; did you mean training.max_epochs=3?",
    "hydra.launcher.n_jbos=2": "there is no key hydra.launcher.n_jbos; did you mean hydra.launcher.n_jobs=2?",
    "hydra.sweep.subdri=x": "this would have no effect; did you mean hydra.sweep.subdir=x?",
    "~trainig": "there is no group or key trainig; did you mean '~training'?",
    "~logger.wanbd": "there is no key logger.wanbd; did you mean '~logger.wandb'?",
    # groups and options
    "trainig=debgu": "there is no group trainig; did you mean training=debug?",
    "Optimizer=adamw": "there is no group Optimizer; did you mean optimizer=adamw?",
    "training=debgu": "the group training has no option debgu; did you mean training=debug?",
    "experiment=5": "the group experiment wants the name of an option; the group has cola_bert.",
    "callbacks=nowhere": "the group callbacks has no option nowhere; the group has default.",
    "hydra/launcher=jobllib": "the group hydra/launcher has no option jobllib; did you mean hydra/launcher=joblib?",
    "hydra/lancher=joblib": "this would have no effect; did you mean hydra/launcher=joblib?",
    "++optimizer=adamw": "an option of a group is not forced; did you mean optimizer=adamw?",
    # half an override
    "bert": "a value is missing; did you mean model=bert?",
    "model:bert": "a value is missing; did you mean model=bert?",
    "processing": "a value is missing; the group has default; processing=VALUE would do.",
    "data==cola": "this is not in Hydra's grammar; did you mean data=cola?",
    "model.name=a(b": "this is not in Hydra's grammar; as a plain text it is \"model.name='a(b'\"",
    # plus signs: advised where a Trainer's argument is meant, or a key of the user's own, and nowhere else
    "+training.max_epochs=3": "there is a key training.max_epochs already; did you mean training.max_epochs=3?",
    "+training.max_epoch=1": "training.max_epoch is not a key of training; did you mean training.max_epochs=1?",
    "training.min_epoch=2": "there is no key training.min_epoch; did you mean +training.min_epochs=2?",
    "database.url=x": "there is no key database.url; +database.url=x would add it.",
    "model.nope=1": "there is no key model.nope.",
    # the key of an option that was not chosen, or the option itself
    "data.train=a.tsv": "there is no key data.train; data=cola or data=files would bring it.",
    "model.bert=1": "there is no key model.bert; did you mean model=bert?",
    "callbacks=DEFAULT": "the group callbacks has no option DEFAULT; did you mean callbacks=default?",
    # what is no override, or nearly one
    "=3": "a key is missing; KEY=VALUE would do.",
    "training.max_steps:3": "a value is missing; did you mean training.max_steps=3?",
    "traning": "a value is missing; training=VALUE would do.",
    "seed = 3": "this is not in Hydra's grammar; did you mean seed=3?",
    # values
    "training.limit_train_batches=all": (
        "training.limit_train_batches must be an integer of at least 0 or a fraction from 0.0 to 1.0; "
        "training.limit_train_batches=1.0 would do."
    ),
    "processing.batch_size=0": (
        "processing.batch_size must be an integer of at least 1; processing.batch_size=64 would do."
    ),
    "logger.wandb.mode=onlin": (
        "logger.wandb.mode must be online, offline or disabled; did you mean logger.wandb.mode=online?"
    ),
    "seed=abc": "seed must be an integer from 0 to 4294967295; seed=0 would do.",
    "training.precision=fp16": (
        "training.precision must be auto, 32-true, bf16-mixed, 16-mixed or another of Lightning's; "
        "did you mean training.precision=16-mixed?"
    ),
    "training.strategy=dpp": (
        "training.strategy must be auto, ddp or another that Lightning has; did you mean training.strategy=ddp?"
    ),
    "training.accelerator=gpuu": (
        "training.accelerator must be auto, cpu or another that Lightning has; did you mean training.accelerator=gpu?"
    ),
    "+training.max_time=x": (
        "training.max_time must be a time as DD:HH:MM:SS; +training.max_time=00:12:00:00 would do."
    ),
    "optimizer.betas=[0.9,0.99,3]": (
        "optimizer.betas must be two numbers from 0 to 1, and not 1; 'optimizer.betas=[0.9,0.95]' would do."
    ),
    "processing.max_length=65": (
        "processing.max_length is 65, and the model takes at most 64 tokens; processing.max_length=64 would do."
    ),
}


def test_each_mistake_is_reported_once_in_the_order_typed_with_its_correction() -> None:
    with pytest.raises(ConfigError) as caught:
        compose_and_validate([*MISTAKES, "data.seed=7"])
    assert list(caught.value.faults) == [f"{override}: {fault}" for override, fault in MISTAKES.items()]


@pytest.mark.skipif(not VERSION_BASE, reason="the grammar of Hydra 1.4 has brackets in keys")
def test_brackets_in_a_key() -> None:
    with pytest.raises(ConfigError, match=r"not in Hydra's grammar; did you mean optimizer\.betas\.0=0\.8\?"):
        compose(["optimizer.betas[0]=0.8"])


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["modle=bert"], "modle=bert: there is no group modle; did you mean model=bert?"),
        (["moddel=brt"], "moddel=brt: there is no group moddel; did you mean model=bert?"),
        (["experimnt=cola_brt"], "there is no group experimnt; did you mean experiment=cola_bert?"),
        (["+model=bert"], "the group model is among the defaults already; did you mean model=bert?"),
        (["model@x=bert"], "there is no model@x among the defaults; did you mean model=bert?"),
        (["model=[bert,robrta]"], "has no option robrta; did you mean 'model=[bert,roberta]'?"),
        (["hydra/launcher=basic", "hydra.launcher.n_jobs=2"], "n_jobs; hydra/launcher=joblib or "),
        (["seed", "=", "1"], "seed = 1: the shell cuts it at its spaces; did you mean seed=1?"),
        (["training=debug", "seed", "=1", "data=default"], "seed =1: the shell cuts it at its spaces; did you mean se"),
        (["seed=", "1"], "seed= 1: the shell cuts it at its spaces; did you mean seed=1?"),
        (["seed=1,", "2,", "3"], "seed=1, 2, 3: the shell cuts it at its spaces; did you mean seed=1,2,3?"),
        (["logger.wandb.name=", "sed=3"], "sed=3: there is no group or key sed; did you mean seed=3?"),
        (["seed=1,2,"], "seed=1,2,: a comma is left over; did you mean seed=1,2?"),
        (
            ["training.accelerator=tpu", "training={max_epochs: x}"],
            "training={max_epochs: x}: training.max_epochs must",
        ),
        (["hydra.job.chdir=true"], "this would have no effect; of Hydra's own keys, hydra.run.dir, hydra.sweep.dir, "),
        (["model=[unclosed"], "this is not in Hydra's grammar; as a plain text it is"),
        (["seed=1,2"], "seed=1,2 is several values, and a config has one.\nA list goes in brackets"),
        (["experiment.cola_bert=1"], "there is no key experiment.cola_bert; did you mean experiment=cola_bert?"),
        (["model=bert-base-uncased"], "the group model has no option bert-base-uncased; did you mean model=bert?"),
        (["model=bert-tiny"], "has no option bert-tiny; did you mean model=bert_tiny?"),
        (["training.strategy=deepspeed-stage-2"], "did you mean training.strategy=deepspeed_stage_2?"),
        (["training.strategy=ddp-find-unused-parameters-true"], "=ddp_find_unused_parameters_true?"),
        (["callbacks.early_stopping.mode=max"], "there is no key callbacks.early_stopping.mode.\n"),
        (["optimizer.betas=(0.9,0.9)"], "not in Hydra's grammar; did you mean 'optimizer.betas=[0.9,0.9]'?"),
        (["optimizer._target_=torch.optim.SGD"], "takes no betas; '~optimizer.betas' would do."),
        (
            ["optimizer._target_=torch.optim.NAdam", "+optimizer.amsgrad=true"],
            "+optimizer.amsgrad=true: torch.optim.NAdam takes no amsgrad; leave it out.",
        ),
        (["optimizer._target_=torch.optim.Adamm"], "did you mean optimizer._target_=torch.optim.Adam?"),
        (
            ["optimizer._target_=sgd"],
            "'sgd' names a class without its module; did you mean optimizer._target_=torch.",
        ),
        (
            ["optimizer.betas.0=1.8"],
            "optimizer.betas.0=1.8: optimizer.betas must be two numbers from 0 to 1",
        ),
        (["model.architecture=null"], "model.architecture=null: model.architecture must be a mapping."),
        (
            ["model.name=x"],
            "model.name=x: a model trained from scratch takes no name; model=transformers model.name=x would train it.",
        ),
        (["model=transformers"], "model=transformers: model.name must be set: --set model.name=VALUE."),
        (["callbacks.checkpoint.monitor=loss"], "did you mean callbacks.checkpoint.monitor=valid/loss?"),
        (["callbacks.early_stopping.monitor=valid/mc"], "did you mean callbacks.early_stopping.monitor=valid/mcc?"),
        (["training.economies=off"], "must be auto or none; did you mean training.economies=none?"),
        (["training.economies=false"], "must be auto or none; did you mean training.economies=none?"),
        (["training.economies=No"], "must be auto or none; did you mean training.economies=none?"),
        (["training.economies=1"], "must be auto or none; training.economies=auto would do."),
        (["logger.wandb=false"], "logger.wandb must be a mapping or null; logger.wandb=null would do."),
        (["training.limit_val_batches=0"], "nothing is validated; callbacks.early_stopping=null would do."),
        (["+training.check_val_every_n_epoch=9"], "of 8 epochs none is validated; callbacks.early_stopping=null"),
        (["model=bert", "processing.max_length=513"], "processing.max_length=512 would do."),
        (
            ["model.max_positions=40"],
            "model.max_positions=40: processing.max_length is 64, and the model takes at most",
        ),
    ],
)
def test_what_cannot_be_told_with_all_others(overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose_and_validate(overrides)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model=gpt2", "model=transformers model.name=gpt2 would train one of the Hub or of a folder."),
        (
            "model=google/electra",
            "model=transformers model.name=google/electra would train one of the Hub or of a folder.",
        ),
        ("model=bert-large", "model=transformers model.name=bert-large would train one of the Hub or of a folder."),
        ("model=null", "roberta, transformers."),
        ("data=files.csv", "data=files data.train=files.csv data.validation=FILE would read your own files."),
        ("data=nowhere", "the group has cola, default, files."),
        (
            "optimizer=sgd",
            "optimizer._target_=torch.optim.SGD '~optimizer.betas' '~optimizer.eps' would use torch's SGD.",
        ),
        ("optimizer=nope", "the group has adamw; optimizer._target_=torch.optim.NAME would use another of torch's."),
        ("optimizer=AdamW", "did you mean optimizer=adamw?"),
        ("logger=wandb", "logger=default logger.wandb.mode=online would log to W&B."),
        ("logger=none", "logger=csv logger.csv=false would log nothing."),
        ("logger=null", "logger=csv logger.csv=false would log nothing."),
    ],
)
def test_what_does_the_work_of_an_option_that_there_is_not(override: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose_and_validate([override])
    assert caught.value.message.endswith(said)


@pytest.mark.parametrize("option", ["gpt2", *(name for name in optimizers() if name != "AdamW")])
def test_the_overrides_that_do_its_work_can_be_used(option: str) -> None:
    group = "model" if option == "gpt2" else "optimizer"
    with pytest.raises(ConfigError) as caught:
        compose([f"{group}={option}"])
    told = caught.value.message.rpartition("; ")[2].partition(" would ")[0]
    if "NAME" not in told:
        compose_and_validate(shlex.split(told))


def test_code_to_run_is_never_advised() -> None:
    with pytest.raises(ConfigError) as caught:
        compose_and_validate(["+model._target_=os.system"])
    assert "did you mean" not in str(caught.value)


def test_an_override_that_could_not_be_read_is_not_told_to_be_missing() -> None:
    with pytest.raises(ConfigError) as caught:
        compose_and_validate(["data=files", "data.train=a (1).tsv", "data.validation=b"])
    assert "data.train must be set" not in str(caught.value)
    assert "\"data.train='a (1).tsv'\"" in str(caught.value)


@pytest.mark.parametrize("overrides", [["+training.check_val_every_n_epoch=8"], ["training.limit_train_batches=0"]])
def test_what_is_validated_in_the_end_is_no_fault(overrides: list[str]) -> None:
    compose_and_validate(overrides)
    compose_and_validate(["training.limit_val_batches=0", "callbacks.early_stopping=null"])


def test_a_key_is_judged_with_the_option_that_was_meant() -> None:
    with pytest.raises(ConfigError, match=r"^dta=fils: there is no group dta; did you mean data=files\?"):
        compose(["dta=fils", "data.train=a", "data.validation=b", "data.columns.label=x"])
    with pytest.raises(ConfigError, match=r"^data=nowhere: the group data has no option nowhere"):
        compose(["data=nowhere", "data.train=a", "data.columns.label=x"])  # who knows what keys it has


def test_an_empty_value_before_a_deletion_is_whole() -> None:
    with pytest.raises(ConfigError) as caught:
        compose(["badkey=1", "logger.wandb.project=", "~callbacks.plots"])
    assert caught.value.message.startswith("badkey=1: there is no group or key badkey")
    assert caught.value.faults == ()


def test_a_value_that_changes_nothing_spoils_no_other() -> None:
    with pytest.raises(ConfigError) as caught:
        compose(["seed.x=1", "model.name.x=1"])
    assert caught.value.faults == ("seed.x=1: there is no key seed.x.", "model.name.x=1: there is no key model.name.x.")


def test_groups_and_packages_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "db" / "engine").mkdir(parents=True)
    (tmp_path / "config.yaml").write_text("defaults:\n  - db/engine@source: mysql\n  - db/engine@target: mysql\n")
    for name in ("mysql", "sqlite"):
        (tmp_path / "db" / "engine" / f"{name}.yaml").write_text("port: 1\n")
    wrong = {
        "db/engin@source=mysql": "there is no group db/engin; did you mean db/engine@source=mysql?",
        "db/engine@sorce=sqlite": (
            "there is no db/engine@sorce among the defaults; did you mean db/engine@source=sqlite or "
            "db/engine@target=sqlite?"
        ),
        "db/engine@target=sqlit": "the group db/engine has no option sqlit; did you mean db/engine@target=sqlite?",
        "source.prt=2": "there is no key source.prt; did you mean source.port=2?",
    }
    with pytest.raises(ConfigError) as caught:
        compose(list(wrong), config_dirs=[tmp_path])
    assert caught.value.faults == tuple(f"{override}: {said}" for override, said in wrong.items())


def test_a_group_that_must_be_chosen_is_no_fault_of_a_wrong_choice(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("defaults:\n  - model: ???\n")
    with pytest.raises(ConfigError, match=r"^model=brt: the group model has no option brt; did you mean model=bert\?"):
        compose(["model=brt"], "mine", [tmp_path])
    with pytest.raises(ConfigError, match="You must specify 'model'"):
        compose([], "mine", [tmp_path])


def test_a_glob_is_no_error_that_should_have_been_foreseen() -> None:
    with pytest.raises(ConfigError, match="glob"):
        compose_and_validate(["seed=glob(*)"])


EFFECTLESS = "this would have no effect; colactl sweep sweeps, and searches with Optuna where it is given --trials N."


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("hydra.launcher.n_jobs=2", "hydra/launcher=joblib or hydra/launcher=two_jobs would bring it."),
        ("hydra.sweeper.n_trials=20", EFFECTLESS),
        ("hydra/sweeper=optuna", EFFECTLESS),
    ],
)
def test_habits_of_hydras_own_sweeps(override: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        compose([override])
    assert said in str(told.value)


# Names that `+` adds at the top of a config: the user's own, but for those that are nearly one of colactl's.
ADDITIONS = {
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
    assert caught.value.message == f"{override}: {ADDITIONS[override]}"


def test_all_of_them_at_once_and_in_a_sweep() -> None:
    with pytest.raises(ConfigError) as caught:
        compose([*ADDITIONS, "+database.url=x", "seed=x"])
    assert caught.value.faults[:-1] == tuple(f"{override}: {said}" for override, said in ADDITIONS.items())
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
