from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from colactl.composition.compose import compose, compose_and_validate
from colactl.composition.validate import trainable, validate
from colactl.errors import ConfigError

FILES = (("train", "a"), ("validation", "b"))


def faults(*overrides: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        validate(compose(overrides).config)
    return caught.value.faults


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("processing.batch_size=0", "processing.batch_size must be an integer of at least 1, and is 0"),
        ("processing.batch_size=2.5", "processing.batch_size must be an integer"),
        ("processing.max_length=65", "the model takes at most 64 tokens"),
        ("training.limit_train_batches=1.5", "training.limit_train_batches"),
        ("training.limit_train_batches=-1", "training.limit_train_batches"),
        ("training.limit_train_batches=all", "training.limit_train_batches"),
        ("training.max_epochs=abc", "training.max_epochs must be an integer"),
        ("training.max_epochs=-2", "training.max_epochs"),
        ("training.threads=0", "training.threads"),
        ("training.economies=off", "training.economies"),
        ("training.economies=false", "training.economies"),
        ("training.economies=null", "training.economies"),
        ("training.threads=many", "training.threads"),
        ("+training.max_epoch=1", "did you mean training.max_epochs?"),
        ("+training.default_root_dir=/tmp", "training.default_root_dir is not a key"),
        ("+optimizer.nesterov=true", "optimizer.nesterov is not a key"),
        ("optimizer.lr=0", "optimizer.lr"),
        ("optimizer.warmup_ratio=1.5", "optimizer.warmup_ratio"),
        ("logger.wandb.mode=onlin", "online, offline or disabled"),
        ("callbacks.early_stopping.monitor=valid/mc", "callbacks.early_stopping.monitor"),
        ("callbacks.checkpoint.every_n_steps=0", "callbacks.checkpoint.every_n_steps"),
        ("seed=-1", "seed must be"),
        ("seed=x", "seed must be"),
        ("data.source=nowhere", "data.source must be one of minimal_pairs, hub, files"),
        ("data=files", "data.train must be set: --set data.train="),
        ("model=transformers", "model.name must be set: --set model.name="),
        (
            "training.precision=8",
            "32-true, bf16-mixed, 16-mixed or another of Lightning's, and is 8",
        ),
        ("training.precision=32.0", "training.precision must be"),
        ("training.strategy=foo", "training.strategy must be auto, ddp or another that Lightning has, and is 'foo'"),
        ("training.strategy=DDP_Spawn", "ddp or another that starts its processes afresh"),
        ("training.accelerator=CPU", "training.accelerator must be auto, cpu or another that Lightning has"),
        ("training.devices=0", "training.devices must be an integer of at least 1"),
        ("training.devices=abc", "training.devices must be"),
        ("training.devices=[0,x]", "training.devices must be"),
        ("+training.max_time=12h", "training.max_time must be a time as DD:HH:MM:SS"),
        ("+training.max_time={hour: 1}", "training.max_time must be a time as DD:HH:MM:SS"),
        ("+training.use_distributed_sampler=true", "training.use_distributed_sampler is not a key of training"),
        ("+training.val_check_interval=1.5", "an integer, a fraction or a time"),
        ("+training.min_epochs=2.5", "training.min_epochs must be an integer"),
        ("+training.fast_dev_run=yes", "training.fast_dev_run must be true, false or an integer"),
        ("+training.benchmark=maybe", "training.benchmark must be true, false or null"),
        ("+training.model_registry=[a]", "training.model_registry must be a text or null"),
        ("optimizer.betas=[0.9,0.99,3]", "optimizer.betas must be two numbers from 0 to 1, and not 1"),
        ("optimizer.betas=[0.9,1.0]", "optimizer.betas must be"),
        ("+training.min_steps=-2", "training.min_steps must be an integer of at least -1"),
        ("optimizer.eps=-1e-8", "optimizer.eps must be a number of at least 0"),
        ("optimizer.fused=maybe", "optimizer.fused must be true, false or null"),
        ("+optimizer.amsgrad=1e-3", "optimizer.amsgrad must be true or false"),
        ("+data._target_=os.getcwd", "only callbacks, logger and optimizer name code"),
        ("+callbacks.mine._target_=3", "callbacks.mine._target_ must be the dotted path of a class"),
        ("+logger.mine._target_=Mine", "'Mine' names a class without its module"),
        ("+callbacks.mine={_target_: my.Callback, _partial_: true}", "callbacks.mine._partial_ would have no effect"),
        ("+logger.wandb.api_key=123", "logger.wandb.api_key holds a secret"),
        ("+database.db_password=123", "database.db_password holds a secret"),
        ("++database.hosts=[{auth.token: 123}]", "holds a secret"),
        ("+model.trust_remote_code=true", "model.trust_remote_code is not a key"),
    ],
)
def test_a_fault_is_told(override: str, told: str) -> None:
    assert told in " ".join(faults(override))


def test_all_faults_in_one_answer() -> None:
    found = faults(
        "processing.batch_size=0", "training.max_epochs=abc", "+training.max_epoch=1", "model.max_positions=1"
    )
    assert len(found) == 5  # the fifth is max_length, beyond the positions


def test_faults_of_composing_and_of_the_values_in_one_answer() -> None:
    wrong = ["model=brt", "modle=bert", "training.max_epochs=abc", "+training.max_epoch=1", "model.name=a(b"]
    with pytest.raises(ConfigError) as caught:
        compose_and_validate([*wrong, "data.train=a", "data=files", "data.validation=b"])
    told = caught.value.faults
    assert len(told) == 7
    for number, text in enumerate(wrong):  # in the order typed
        assert told[number].startswith(f"{text}: ")
    assert told[5:] == tuple(f"data.{split}={file}: there is no file {file} in {Path.cwd()}." for split, file in FILES)


def test_one_wrong_override_keeps_its_own_sentence() -> None:
    with pytest.raises(ConfigError, match=r"^model=brt: the group model has no option brt; did you mean model=bert"):
        compose_and_validate(["model=brt"])


def test_an_interpolation_is_no_second_fault() -> None:
    assert len(faults("training.limit_train_batches=1.5")) == 1


@pytest.mark.parametrize(
    "override", ["logger.wandb.name=${oc.env:HF_TOKEN}", "++database.urls=[postgres://hf_canary@db]"]
)
def test_a_secret_of_the_environment_is_refused_whatever_the_key(
    override: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    (fault,) = faults(override)
    assert "holds the secret of HF_TOKEN" in fault
    assert "hf_canary" not in fault


def test_a_secret_is_not_repeated() -> None:
    assert "hunter2" not in " ".join(faults("+logger.wandb.api_key=hunter2"))


@pytest.mark.parametrize(
    "override",
    [
        "training.limit_train_batches=1",
        "training.limit_train_batches=0.5",
        "training.limit_train_batches=0",
        "training.max_epochs=-1",
        "+training.min_epochs=2",
        "+training.val_check_interval=0.5",
        "+optimizer.amsgrad=true",
        "optimizer._target_=torch.optim.SGD",
        "optimizer._target_=my.own.Optimizer",
        "optimizer.lr=1",
        "callbacks.early_stopping=null",
        "callbacks.checkpoint=null",
        "logger.wandb=null",
        "logger=csv",
        "+callbacks.mine={_target_: my.Callback, patience: 3}",
        "+callbacks.mine={_target_: my.Callback, inner: {_target_: my.Inner, _partial_: true}}",
        "+database.tokenizer=wordpiece",
        "+database.password=${oc.env:NOPE,null}",
        "+database.max_tokens=3",
        "model.max_positions=null",
        "training.precision=32",
        "training.precision=bf16",
        "training.precision=null",
        "training.strategy=DDP",
        "training.strategy=deepspeed_stage_2",
        "training.devices=[0,2]",
        "training.devices='0,2'",
        "training.devices=-1",
        "+training.max_time=00:12:00:00",
        "+training.max_time={hours: 12}",
        "+training.val_check_interval=500",
        "+training.fast_dev_run=true",
        "+training.profiler=Simple",
        "+training.benchmark=null",
        "optimizer.betas=[0,0.999]",
        "optimizer.fused=null",
        "training.devices=auto",
        "data.seed=7",
    ],
)
def test_a_sound_value_passes(override: str) -> None:
    overrides = ["~optimizer.betas", "~optimizer.eps"] if "SGD" in override else []
    validate(compose([override, *overrides]).config)


@pytest.mark.parametrize("override", ["+callbacks.mine={_target_: my.Callback}", "+logger.mine={_target_: my.Logger}"])
def test_code_of_the_users_may_bring_a_strategy(override: str) -> None:
    validate(compose([override, "training.strategy=mine", "training.accelerator=mine"]).config)
    assert len(faults(override, "training.strategy=mine", "training.accelerator=mine", "training.precision=mine")) == 1


def test_an_optimizer_of_the_users_reads_its_arguments_itself() -> None:
    validate(compose(["optimizer._target_=my.Optimizer", "optimizer.betas=[0.9,0.99,3]", "optimizer.eps=[1]"]).config)
    assert len(faults("optimizer._target_=torch.optim.NAdam", "optimizer.betas=[0.9,0.99,3]")) == 1


def test_one_batch_and_all_batches_stay_apart() -> None:
    one, every = (compose([f"training.limit_train_batches={text}"]).config for text in ("1", "1.0"))
    assert isinstance(validate(one).training.limit_train_batches, int)
    assert isinstance(validate(every).training.limit_train_batches, float)


def test_a_number_in_quotes_becomes_a_number() -> None:
    assert validate(compose(["processing.batch_size='32'"]).config).processing.batch_size == 32


def test_a_users_option_gets_the_defaults_it_left_out(tmp_path: object) -> None:
    config = compose().config
    config.model = OmegaConf.create({"name": "some/model"})
    assert validate(config).model.tokenizer is None


def test_a_config_that_is_not_for_training() -> None:
    config = OmegaConf.create({"model": {"name": "x"}, "database": {}})
    assert not trainable(config)
    with pytest.raises(ConfigError, match="lacks data, processing, training"):
        validate(config)


def test_a_group_that_was_taken_away() -> None:
    with pytest.raises(
        ConfigError, match=r"^Training needs the group model and the group data: leave ~model ~data=default out\.\nRun"
    ):
        compose_and_validate(["~model", "seed=1", "~data=default"])
