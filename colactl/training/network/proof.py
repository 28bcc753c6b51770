"""The proof of the economies: a run trains only with those that do not change what the library's network computes."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from colactl.errors import first_line
from colactl.training.data.batches import Batch, Sentences
from colactl.training.network.dropout import DropoutWatch, NoDropout
from colactl.training.network.economies import Economies
from colactl.training.network.embeddings import RowsInUse

# The largest difference from the library's network in float32, as a share of the largest logit and of each gradient's
# norm. Sums in another order differ by about 1e-5 there, and an economy that is wrong by 1% by 1e-2.
TOLERANCE = 1e-3
NEGLIGIBLE = 1e-3  # of all gradients' norm; a smaller gradient counts as one of this norm: a key's bias has none at all
TINY = 1e-12  # in place of nothing, which nothing is divided by
# In a lower precision the library's network differs from itself in float32: by up to 2% in bfloat16, which has three
# digits. An economy that rounds at other places may do so three times as much, or by this share where that is more.
# This finds what overflows or loses its digits; what is wrong by 1% is found in float32.
LOW_PRECISION_TOLERANCE = 0.05
QUANTILES = (0.05, 0.35, 0.65, 0.95)  # of the sentences' lengths: a few of unequal length, and no outlier
ALIKE = 2  # sentences in the batch without padding


@dataclass(frozen=True)
class Precision:
    """The precision of a run.

    Attributes:
        name: Lightning's, such as bf16-mixed.
        context: What a forward pass is made in, such as autocast.
        convert: Makes a network of that precision of one that it may change; None where the weights stay float32.
    """

    name: str = "32-true"
    context: Callable[[], AbstractContextManager[Any]] = nullcontext
    convert: Callable[[Any], Any] | None = None

    @property
    def is_float32(self) -> bool:
        """Whether it is float32 and nothing else."""
        return self.name == "32-true"


def settle_economies(
    network: PreTrainedModel,
    sentences: Sentences,
    economies: Economies,
    wanted: Sequence[str],
    precision: Precision,
    gather: Callable[[dict[str, str]], list[dict[str, str]]] = lambda reasons: [reasons],
) -> dict[str, str]:
    """Puts those economies in force that prove themselves on a few of the run's own sentences.

    They must leave the logits and the gradients without dropout as they are, and drop where the library drops, at its
    rate and scale. All are tried together first, as a run has them; only where that fails is each one tried alone.
    Weights, buffers, gradients and random states stay as they were.

    Args:
        network: In training mode, on the device that it trains on, its weights in float32.
        sentences: Those of the training split.
        economies: The network's.
        wanted: The names of those to try.
        precision: The run's.
        gather: Returns the reasons of all processes that train together, which leave out the same ones.

    Returns:
        Why each economy that is left out is wrong. Those that do not apply to the network are not among them, but where
        the library's own network cannot be tried, all are.
    """
    reasons: dict[str, str] = {}
    if wanted:
        with _untouched(network):
            reasons = _faults(network, sentences, economies, wanted, precision)
    for others in gather(reasons):
        reasons = others | reasons
    economies.put([name for name in wanted if name not in reasons])
    return reasons


def _faults(
    network: PreTrainedModel, sentences: Sentences, economies: Economies, wanted: Sequence[str], precision: Precision
) -> dict[str, str]:
    try:
        reference = _Reference(network, sentences, precision)
    except Exception as error:  # what is wrong with the library's network itself is told when it trains
        return dict.fromkeys(wanted, f"the library's network cannot be tried: {first_line(error)}")
    if not reference.fault(economies, wanted):
        return {}
    reasons = {name: fault for name in wanted if (fault := reference.fault(economies, [name]))}
    right = [name for name in wanted if name not in reasons]
    fault = reference.fault(economies, right) if right else ""
    return reasons | (dict.fromkeys(right, f"together with others, {fault}") if fault else {})


class _Reference:
    """What the library's network makes of a few sentences, to compare an economical one with."""

    def __init__(self, network: PreTrainedModel, sentences: Sentences, precision: Precision) -> None:
        self._network, self._precision = network, precision
        self._batches = [_inputs(batch, network.device) for batch in _samples(sentences)]
        self._exact = [_outcome(network, batch) for batch in self._batches]
        converted = self._in_its_precision()
        self._rounding = [] if precision.is_float32 else self._differences(converted)
        self._dropped = self._watch_dropout(converted).places

    def fault(self, economies: Economies, names: Sequence[str]) -> str:
        """What is wrong with these economies together; an empty text where nothing is. None is in force after it."""
        try:
            economies.put(names)
            network = self._in_its_precision()
            return self._wrong_numbers() or self._wrong_rounding(network) or self._wrong_dropout(network)
        except Exception as error:  # of any kind: the library into which an economy reaches may have changed
            return f"it raises {type(error).__name__}: {first_line(error)}"
        finally:
            economies.clear()

    def _wrong_numbers(self) -> str:
        for exact, batch in zip(self._exact, self._batches, strict=True):
            outcome = _outcome(self._network, batch)
            evaluated = _evaluated_logits(self._network, batch)
            differences = {
                "its logits": exact.difference_of_logits(outcome.logits),
                "its gradients": exact.largest_difference_of_gradients(outcome),
                "its logits without training": exact.difference_of_logits(evaluated),
            }
            for what, difference in differences.items():
                if not difference <= TOLERANCE:  # it may be NaN
                    return f"{what} differ from the library's by {difference:.1e}, and {TOLERANCE:.0e} is allowed"
        return ""

    def _wrong_rounding(self, network: PreTrainedModel) -> str:
        if self._precision.is_float32:
            return ""
        for differences, own in zip(self._differences(network), self._rounding, strict=True):
            for what, difference, rounding in zip(("logits", "gradients"), differences, own, strict=True):
                allowed = max(3 * rounding, LOW_PRECISION_TOLERANCE)
                if math.isfinite(rounding) and not difference <= allowed:
                    return (
                        f"its {what} in {self._precision.name} differ from float32's by {difference:.1e}, "
                        f"and {allowed:.1e} is allowed"
                    )
        return ""

    def _wrong_dropout(self, network: PreTrainedModel) -> str:
        watch = self._watch_dropout(network)
        if watch.places != self._dropped:
            return f"it drops with {watch.places or 'nothing'}, and the library with {self._dropped or 'nothing'}"
        return watch.wrong_rate()

    def _in_its_precision(self) -> PreTrainedModel:
        convert = None if self._precision.is_float32 else self._precision.convert
        converted: PreTrainedModel = self._network if convert is None else convert(copy.deepcopy(self._network))
        return converted

    def _differences(self, network: PreTrainedModel) -> list[tuple[float, float]]:
        """In the run's precision, of logits and gradients, from the library's network in float32, for each batch.

        The gradients are those of the batch without padding alone: every economy has its part in them, and they cost
        most of the proof.
        """
        differences = []
        for exact, batch in zip(self._exact, self._batches, strict=True):
            with_gradients = batch is self._batches[-1]
            outcome = _outcome(network, batch, self._precision.context, with_gradients)
            gradients = exact.difference_of_gradients(outcome) if with_gradients else 0.0
            differences.append((exact.difference_of_logits(outcome.logits), gradients))
        return differences

    def _watch_dropout(self, network: PreTrainedModel) -> DropoutWatch:
        watch = DropoutWatch()
        _seed()
        with torch.no_grad(), self._precision.context(), watch:
            network(**self._batches[0][0])
        watch.draw_more()
        return watch


@dataclass(frozen=True)
class _Outcome:
    """What a network makes of a batch, without dropout.

    Attributes:
        logits: Of shape (batch, 2).
        gradients: Those of the mean loss, by the parameter's name.
    """

    logits: Tensor
    gradients: dict[str, Tensor]

    def difference_of_logits(self, logits: Tensor) -> float:
        """The largest, as a share of the largest logit here."""
        return float((logits.float() - self.logits).abs().max() / self.logits.abs().max().clamp(min=TINY))

    def largest_difference_of_gradients(self, other: _Outcome) -> float:
        """Of all parameters, as a share of the gradient's norm here."""
        norms, differences = self._norms(other)
        return float((differences / norms.clamp(min=NEGLIGIBLE * float(norms.norm()) + TINY)).max())

    def difference_of_gradients(self, other: _Outcome) -> float:
        """That of all parameters as one vector, as a share of its norm here."""
        norms, differences = self._norms(other)
        return float(differences.norm() / norms.norm().clamp(min=TINY))

    def _norms(self, other: _Outcome) -> tuple[Tensor, Tensor]:
        """The norm of each gradient, and of its difference."""
        if self.gradients.keys() != other.gradients.keys():
            return torch.ones(1), torch.full((1,), math.inf)
        pairs = [(gradient, other.gradients[name].float()) for name, gradient in self.gradients.items()]
        norms = torch.stack([gradient.norm() for gradient, _ in pairs])
        return norms, torch.stack([(gradient - another).norm() for gradient, another in pairs])


Inputs = tuple[dict[str, Any], Tensor]  # a network's arguments, and the labels


def _samples(sentences: Sentences) -> list[Batch]:
    """A batch of unequal lengths, and one of equal lengths, which needs no mask."""
    order = torch.argsort(sentences.lengths, stable=True)
    unequal = [int(order[int(quantile * (len(order) - 1))]) for quantile in QUANTILES]
    alike = torch.nonzero(sentences.lengths == sentences.lengths.mode().values).flatten()[:ALIKE].tolist()
    return [sentences[unequal], sentences[alike]]


def _inputs(batch: Batch, device: torch.device) -> Inputs:
    mask = batch["attention_mask"]
    arguments = {
        "input_ids": batch["input_ids"].to(device),
        "attention_mask": None if mask is None else mask.to(device),
    }
    return arguments, batch["labels"].to(device)


def _outcome(
    network: PreTrainedModel,
    batch: Inputs,
    context: Callable[[], AbstractContextManager[Any]] = nullcontext,
    with_gradients: bool = True,
) -> _Outcome:
    arguments, labels = batch
    _seed()
    with NoDropout(), context(), torch.set_grad_enabled(with_gradients):
        logits = network(**arguments).logits.float()
        loss = functional.cross_entropy(logits, labels)
    if not with_gradients:
        return _Outcome(logits, {})
    parameters = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    named = {name: gradient for name, gradient in zip(parameters, gradients, strict=True) if gradient is not None}
    embeddings = network.get_input_embeddings()
    if isinstance(embeddings, nn.Embedding | RowsInUse):
        for name, parameter in parameters.items():
            if parameter is embeddings.weight and name in named:
                named[name] = _of_ids(embeddings, named[name], arguments["input_ids"])
    return _Outcome(logits.detach(), named)


def _of_ids(embedding: nn.Embedding | RowsInUse, gradient: Tensor, input_ids: Tensor) -> Tensor:
    """The part of an embedding's gradient that is not zero: to compare all of it would take longer than the rest."""
    ids = torch.unique(input_ids)
    if isinstance(embedding, nn.Embedding):
        return gradient[ids]
    part = gradient[embedding.rows_of(ids)]
    return part if part.count_nonzero() == gradient.count_nonzero() else torch.full_like(part, math.nan)


def _seed() -> None:
    """Makes two passes draw the same numbers, as a network may draw some for more than dropout."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def _evaluated_logits(network: nn.Module, batch: Inputs) -> Tensor:
    network.eval()
    try:
        with torch.no_grad():
            logits: Tensor = network(**batch[0]).logits
    finally:
        network.train()
    return logits


@contextmanager
def _untouched(network: PreTrainedModel) -> Iterator[None]:
    """Gives buffers and random states back as they were."""
    accelerator: Any = None if network.device.type == "cpu" else torch.get_device_module(network.device)
    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    device = accelerator and accelerator.get_rng_state()
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        if accelerator:
            accelerator.set_rng_state(device)
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
