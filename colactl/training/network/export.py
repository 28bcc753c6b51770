"""The trained model as a folder that any transformers program loads, with a model card for the Hub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCardData
from omegaconf import DictConfig, OmegaConf
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from colactl.redaction import redacted
from colactl.runs.source import HUB_ID
from colactl.training.log import without_progress_bars
from colactl.training.network.model import ID2LABEL, LABEL2ID

METRICS = {
    "mcc": "Matthews correlation",
    "accuracy": "Accuracy",
    "f1": "F1 of acceptable",
    "loss": "Cross-entropy (nats)",
    "epochs": "Epochs",
    "train_sentences": "Training sentences",
    "validation_sentences": "Validation sentences",
}
# What decides a result. Nothing here can hold a path on the machine that trained it.
HYPER_PARAMETERS = (
    "optimizer.lr",
    "optimizer.weight_decay",
    "optimizer.warmup_ratio",
    "processing.batch_size",
    "processing.max_length",
    "training.max_epochs",
    "training.precision",
    "training.gradient_clip_val",
    "seed",
)
CARD = """\
# {title}

Judges whether an English sentence is grammatical, as in the
[Corpus of Linguistic Acceptability](https://nyu-mll.github.io/CoLA/) (CoLA). {origin}

## Labels

| label | id | meaning |
|---|---|---|
| `unacceptable` | 0 | a speaker would reject the sentence |
| `acceptable` | 1 | a speaker would accept it |

## Use

```python
from transformers import pipeline

judge = pipeline("text-classification", model="path/to/this/folder")  # or its name on the Hub
judge("The cat sat on the mat.")
```

## Results

Measured on the validation split, with the best checkpoint.

{figures}

## Hyper-parameters

{hyper_parameters}
"""


def save(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    config: DictConfig,
    result: Mapping[str, Any],
) -> None:
    """Writes weights (safetensors), config, tokenizer and model card into `folder`, which is made if absent.

    Args:
        model: A sequence classifier with two labels; it gets their names, unacceptable and acceptable.
        tokenizer: What the model was trained with.
        folder: Loads with `transformers.pipeline("text-classification", model=str(folder))`.
        config: The run's config, of which the card shows the hyper-parameters that decide a result.
        result: The run's metrics; the card shows those of `METRICS` that are there.
    """
    model.config.id2label, model.config.label2id = dict(ID2LABEL), dict(LABEL2ID)
    with without_progress_bars():  # since transformers 5, even a small model's weights are written under one
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(redacted(card(config, result)), encoding="utf-8")


def card(config: DictConfig, result: Mapping[str, Any]) -> str:
    """The model card as Markdown, the Hub's metadata in front."""
    base = _hub_id(OmegaConf.select(config, "model.name"))
    metadata = ModelCardData(
        language="en",
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["linguistic-acceptability", "cola", "colactl"],
        base_model=base,
        metrics=["matthews_correlation", "accuracy", "f1"],
    )
    values = ((key, OmegaConf.select(config, key)) for key in HYPER_PARAMETERS)
    body = CARD.format(
        title=f"{base.split('/')[-1]} for linguistic acceptability" if base else "A classifier of acceptability",
        origin=f"Fine-tuned from [{base}](https://huggingface.co/{base})." if base else "",
        figures=_table("figure", ((name, result[key]) for key, name in METRICS.items() if key in result)),
        hyper_parameters=_table("key", ((f"`{key}`", value) for key, value in values if value is not None)),
    )
    return f"---\n{metadata.to_yaml()}\n---\n\n{body}"


def _hub_id(name: str | None) -> str | None:
    """The name if it is one on the Hub: a local folder is nobody else's business."""
    if name is None or not HUB_ID.fullmatch(name) or Path(name).exists():
        return None
    return name


def _table(heading: str, rows: Iterable[tuple[str, Any]]) -> str:
    lines = [f"| {heading} | value |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {_shown(value)} |" for name, value in rows])


def _shown(value: Any) -> str:
    """Figures to four significant digits, whole numbers whole."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
