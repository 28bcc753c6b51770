"""A trained classifier that scores sentences, as fast as the machine allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from colactl.errors import ModelError
from colactl.host.cores import usable_cores
from colactl.runs.source import find_model
from colactl.training.data.batches import Sentences, hardly_padded_batches
from colactl.training.data.tokenization import load_pretrained_tokenizer, tokenize
from colactl.training.devices.settings import SMALL_HIDDEN_SIZE, has_fast_bf16
from colactl.training.labels import ACCEPTABLE, LABELS
from colactl.training.log import silent
from colactl.training.network.model import load_pretrained, longest_input

BATCH_SIZE = 64
BATCH_PLACES = 16_384  # tokens a batch, padding included: more would take memory and save no time
# Lightning's names and its short ones for the same; any other precision is scored in float32.
MIXED = {"bf16-mixed": torch.bfloat16, "bf16": torch.bfloat16, "16-mixed": torch.float16, "16": torch.float16}
NOT_FINITE = "Its training diverged or its weights are damaged: train it again, such as with a lower optimizer.lr."
LONGEST = 512  # tokens, where neither the model nor its tokenizer knows an end


class Scorer:
    """Scores sentences with a trained model, in evaluation mode and without gradients.

    Args:
        network: A sequence classifier with two outputs.
        tokenizer: The one that it was trained with.
        max_length: Tokens that a sentence is cut to, special ones included.
        batch_size: Sentences scored at once.
        precision: Lightning's name of one, such as 32-true or bf16-mixed; None takes the fastest of the machine.

    Attributes:
        acceptable: Which of the model's outputs means acceptable: the one of that name, or else the second.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        max_length: int,
        batch_size: int = BATCH_SIZE,
        precision: str | None = None,
    ) -> None:
        self.name = network.name_or_path
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network: torch.nn.Module = network.train(False)
        self.network.to(self.device)
        self.tokenizer, self.max_length, self.batch_size = tokenizer, max_length, batch_size
        self.padding = tokenizer.pad_token_id or 0
        self.acceptable = _acceptable(network)
        self.small = (getattr(network.config, "hidden_size", None) or SMALL_HIDDEN_SIZE) < SMALL_HIDDEN_SIZE
        fastest = torch.bfloat16 if not self.small and has_fast_bf16(self.device.type) else None
        self.reduced = fastest if precision is None else MIXED.get(precision)

    def probabilities(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        """The probability that each sentence is acceptable.

        Args:
            sentences: Any texts; an empty one is scored as the model has it, and a long one is cut.

        Returns:
            An array of shape (sentences,), from 0 to 1, in the order given.
        """
        probabilities: npt.NDArray[np.float32] = self.logits(sentences).softmax(-1)[:, 1].numpy()
        return probabilities

    @torch.inference_mode()
    def logits(self, sentences: Sequence[str]) -> Tensor:
        """The logits of each sentence.

        Args:
            sentences: Any texts; an empty one is scored as the model has it, and a long one is cut.

        Returns:
            float32 of shape (sentences, 2) on the CPU, in the order given: unacceptable, then acceptable.

        Raises:
            ModelError: The model answers with something else than finite numbers.
        """
        logits = torch.empty(len(sentences), 2)
        if not sentences:
            return logits
        token_ids = tokenize(list(sentences), self.tokenizer, self.max_length)
        tokenized = [ids or [self.padding] for ids in token_ids]  # GPT-2's has no token for an empty sentence
        lengths = torch.tensor([len(ids) for ids in tokenized])
        with _threads(1 if self.small else usable_cores()), self._autocast():
            for rows in hardly_padded_batches(lengths, self.batch_size, BATCH_PLACES):
                logits[rows] = self._scored([tokenized[row] for row in rows])
        if not logits.isfinite().all():
            raise ModelError(f"the model {self.name!r} answers with NaN or infinity", NOT_FINITE)
        return logits if self.acceptable == 1 else logits.flip(-1)

    def _scored(self, token_ids: list[list[int]]) -> Tensor:
        # A table for each batch: one for all would be as wide as the longest sentence of the window.
        batch = Sentences(token_ids, [0] * len(token_ids), self.padding)[list(range(len(token_ids)))]
        mask = batch["attention_mask"]
        logits: Tensor = self.network(
            input_ids=batch["input_ids"].to(self.device),
            attention_mask=None if mask is None else mask.to(self.device),
        ).logits
        return logits.float().cpu()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, self.reduced or torch.bfloat16, enabled=self.reduced is not None)


def load_scorer(source: str | Path, batch_size: int = BATCH_SIZE, precision: str | None = None) -> Scorer:
    """Loads a model to score sentences with.

    Args:
        source: A run's folder, a folder that `save_pretrained` wrote, or a name on the Hub.
        batch_size: Sentences scored at once.
        precision: See `Scorer`.

    Returns:
        The scorer; it cuts sentences to what the run was trained with, and never beyond what the model takes.

    Raises:
        ModelError: It is none of the three, cannot be loaded, or is no classifier with two labels.
    """
    origin = find_model(source)
    with silent():
        network, weights = load_pretrained(origin.name)
        tokenizer = load_pretrained_tokenizer(origin.name)
    _check(origin.name, network, weights["missing_keys"])
    if network.config.get_text_config().pad_token_id is None:  # decoders find the last real token by it
        network.config.pad_token_id = tokenizer.pad_token_id
    ends = (origin.max_length, longest_input(network), tokenizer.model_max_length)
    max_length = min([end for end in ends if end is not None and end < 10**9] or [LONGEST])
    return Scorer(network, tokenizer, max_length, batch_size, precision)


def _check(name: str, network: PreTrainedModel, missing: set[str]) -> None:
    labels = network.config.id2label or {}
    if len(labels) != len(LABELS):
        raise ModelError(
            f"the model {name!r} has not two labels but {len(labels)}: {', '.join(map(str, labels.values()))}",
            "Name a model that tells acceptable sentences from unacceptable ones.",
        )
    if missing:
        raise ModelError(
            f"the model {name!r} is not trained to classify: it has no weights {', '.join(sorted(missing))}",
            f"Train it first: colactl train --set model=transformers --set model.name={name}",
        )


def _acceptable(network: PreTrainedModel) -> int:
    names = {str(label).lower(): int(index) for index, label in (network.config.id2label or {}).items()}
    return names.get(ACCEPTABLE, 1)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """A small model's matrices are not worth sharing out, see `settings.auto_threads`."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
