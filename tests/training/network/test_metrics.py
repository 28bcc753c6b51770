from __future__ import annotations

import pytest
import torch
from sklearn import metrics as sklearn_metrics

from colactl.training.network.metrics import Scored, measure


def scored(seed: int, size: int = 200) -> Scored:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (size,), generator=generator)
    return Scored(torch.randn(size, 2, generator=generator) + labels[:, None] * torch.tensor([0.0, 0.7]), labels)


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_scikit_learns(seed):
    output = scored(seed)
    labels, predicted = output.labels.numpy(), output.logits.argmax(dim=1).numpy()
    figures = measure(output)
    expected = {
        "mcc": sklearn_metrics.matthews_corrcoef(labels, predicted),
        "accuracy": sklearn_metrics.accuracy_score(labels, predicted),
        "f1": sklearn_metrics.f1_score(labels, predicted),
        "loss": sklearn_metrics.log_loss(labels, output.probabilities()),
    }
    for average in ("macro", "micro"):
        expected[f"precision_{average}"] = sklearn_metrics.precision_score(labels, predicted, average=average)
        expected[f"recall_{average}"] = sklearn_metrics.recall_score(labels, predicted, average=average)
    assert figures == pytest.approx(expected, abs=1e-5)
    assert output.confusion() == sklearn_metrics.confusion_matrix(labels, predicted).tolist()


@pytest.mark.parametrize("answer", [0, 1])
def test_one_answer_for_all_is_degenerate_and_has_no_correlation(answer):
    labels = torch.tensor([0, 1, 1, 1, 0, 1, 1])
    output = Scored(torch.nn.functional.one_hot(torch.full((7,), answer), 2).float(), labels)
    assert output.degenerate()
    assert measure(output)["mcc"] == 0.0


def test_both_answers_are_not_degenerate():
    assert not scored(0).degenerate()
