from __future__ import annotations

import pytest

from colactl.schema.groups import declared
from colactl.schema.names import likeness, near_keys, nearest, other_names, setting_for, taken_for

KEYS = ("model.name", "logger.wandb.name", "training.max_epochs", "processing.batch_size", "+training.min_epochs")


@pytest.mark.parametrize(
    ("typed", "known", "near"),
    [
        ("brt", ["bert", "roberta"], "bert"),
        ("bert-base-uncased", ["bert", "roberta"], "bert"),
        ("dpp", ["auto", "ddp", "fsdp"], "ddp"),
        ("AdamW", ["adamw"], "adamw"),
        ("nowhere", ["cola", "default"], None),
        ("x", [], None),
    ],
)
def test_the_nearest_name(typed: str, known: list[str], near: str | None) -> None:
    assert nearest(typed, known) == near


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("name", ("model.name", "logger.wandb.name")),
        ("epochs", ("training.max_epochs",)),  # what other programs call it
        ("training.batchsize", ("processing.batch_size",)),
        ("trainng.max_epoch", ("training.max_epochs",)),
        ("training.min_epoch", ("+training.min_epochs",)),
        ("num_workers", ()),
        ("database.url", ()),
    ],
)
def test_the_keys_that_were_probably_meant(typed: str, near: tuple[str, ...]) -> None:
    assert near_keys(typed, KEYS) == near


def test_two_names_that_are_the_same_but_for_their_form() -> None:
    assert likeness("Max-Epochs", "max_epochs") == 1.0


def test_what_other_programs_have_is_declared_once() -> None:
    assert other_names()["learning_rate"] == "optimizer.lr"
    assert all(declared(path) for path in other_names().values())
    assert setting_for("fp16", True) == "training.precision=16-mixed"
    assert setting_for("fp16", False) is setting_for("fp16", "true") is None


def test_a_new_name_at_the_top() -> None:
    top, keys = ("model", "training", "seed"), ("training.max_epochs", "logger.wandb.project")
    assert taken_for("modle", top, keys) == "model"
    assert taken_for("bf16", top, keys) == "training.precision=bf16-mixed"
    assert taken_for("wandb.project", top, keys) == "logger.wandb.project"
    assert taken_for("max_epoch", top, keys) == "training.max_epochs"
    assert [name for name in ("models", "project", "model2", "need") if taken_for(name, top, keys)] == []
