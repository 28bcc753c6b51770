"""Sequence classifiers of `transformers`: pretrained, or an architecture with random weights."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf
from transformers import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from colactl.errors import ConfigError, ModelError, first_line
from colactl.training.data.tokenization import FROM_CACHE, not_loaded_hint
from colactl.training.labels import LABELS
from colactl.training.log import silent

# A model's config names its labels.
ID2LABEL = dict(enumerate(LABELS))
LABEL2ID = {label: number for number, label in ID2LABEL.items()}


def build_model(model: DictConfig, tokenizer: PreTrainedTokenizerBase, max_length: int) -> PreTrainedModel:
    """The network that a model's config asks for, with two outputs: unacceptable and acceptable.

    Args:
        model: The config's `model` group, resolved.
        tokenizer: The tokenizer whose ids it will see.
        max_length: Tokens that a sentence is cut to, special ones included.

    Returns:
        The model; its logits are float32 of shape (batch, 2).

    Raises:
        ModelError: It is not available, or its architecture is wrong.
        ConfigError: It takes fewer than `max_length` tokens.
    """
    network = _from_scratch(model, tokenizer) if model.get("name") is None else _pretrained(model)
    if network.config.get_text_config().pad_token_id is None:  # decoders find the last real token by it
        network.config.pad_token_id = tokenizer.pad_token_id
    _check_length(network, max_length)
    network.train()  # from_pretrained leaves it as for scoring, and Lightning would train it without its dropout
    return network


def load_code(model: DictConfig) -> None:
    """Imports a model's class, which the first of its kind in a process takes a tenth of a second for.

    Args:
        model: The config's `model` group, resolved.
    """
    if model.get("name") is None:
        config = AutoConfig.for_model(model.architecture.model_type)
    else:
        config = AutoConfig.from_pretrained(model.name, revision=model.get("revision") or "main", **FROM_CACHE)
    _ = MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING[type(config)]  # it imports what is looked up


def load_pretrained(name: str, revision: str = "main", **arguments: Any) -> tuple[PreTrainedModel, dict[str, Any]]:
    """A sequence classifier of `transformers`, in float32; no code that a repository carries is ever run.

    Args:
        name: A local folder, or a name on the Hub.
        revision: The Hub's branch, tag or commit.
        arguments: Passed on to `from_pretrained`.

    Returns:
        The model, and what `from_pretrained` says of its weights: `missing_keys` names those that the files lack.

    Raises:
        ModelError: It is not available.
    """
    try:
        network, weights = AutoModelForSequenceClassification.from_pretrained(
            name,
            revision=revision,
            dtype="float32",  # the checkpoint's own type may be one that the caller's precision does not mean
            weights_only=True,  # where there is no safetensors file: a pickle may hold tensors and nothing else
            output_loading_info=True,
            **FROM_CACHE,
            **arguments,
        )
    except Exception as error:  # safetensors, pickle, JSON and each architecture have errors of their own
        raise ModelError(f"the model {name!r} cannot be loaded: {first_line(error)}", not_loaded_hint(name)) from error
    return network, weights


def _pretrained(model: DictConfig) -> PreTrainedModel:
    network, _ = load_pretrained(
        model.name,
        model.get("revision") or "main",
        ignore_mismatched_sizes=True,  # a head of three labels, as of an NLI model, gives way to one of two
        id2label=ID2LABEL,
        label2id=LABEL2ID,
    )
    return network


def _from_scratch(model: DictConfig, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    architecture = OmegaConf.to_container(model.architecture, resolve=True)
    assert isinstance(architecture, dict)
    # Only where the tokenizer has one: a config's own default may point beyond a small vocabulary.
    ends = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "cls", "sep", "bos", "eos")}
    labels = {"id2label": ID2LABEL, "label2id": LABEL2ID}
    arguments = {"max_position_embeddings": model.max_positions, **labels, **ends, **architecture}
    try:
        with silent():  # transformers 5.0 warns of rope parameters that it takes all the same
            config = AutoConfig.for_model(**arguments, vocab_size=len(tokenizer))
        network: PreTrainedModel = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    except Exception as error:  # each architecture refuses its arguments in its own way
        raise ModelError(
            f"model.architecture makes no classifier: {first_line(error)}",
            "See what it is made of with: colactl show-config",
        ) from error
    return network


def longest_input(network: PreTrainedModel) -> int | None:
    """Tokens that a model takes, special ones included; None where its positions have no end."""
    config = network.config.get_text_config()
    positions = getattr(config, "max_position_embeddings", None)
    if not positions or positions < 0:
        return None
    table = next((part for name, part in network.named_modules() if name.endswith("position_embeddings")), None)
    if getattr(table, "padding_idx", None) is not None:  # RoBERTa's numbering starts after the padding's index
        positions -= config.pad_token_id + 1
    return int(positions)


def _check_length(network: PreTrainedModel, max_length: int) -> None:
    longest = longest_input(network)
    if longest is not None and max_length > longest:
        raise ConfigError(
            f"processing.max_length is {max_length}, but the model takes {longest} tokens",
            f"Set it no higher: --set processing.max_length={longest}",
        )
