from __future__ import annotations

import numpy as np
import pytest
import torch

from colactl.training.labels import is_acceptable
from colactl.training.network.metrics import Scored
from colactl.training.scoring.predictions import Prediction

TIED = [0.5, 0.51, 0.49]


@pytest.mark.parametrize("make", [list, np.array, lambda values: np.array(values, dtype=np.float32), torch.tensor])
def test_a_tie_is_unacceptable_as_in_argmax(make) -> None:
    values = make(TIED)
    answers = [is_acceptable(value) for value in values] if make is list else is_acceptable(values).tolist()
    assert answers == [False, True, False]
    assert torch.zeros(1, 2).argmax(dim=1).tolist() == [0]


def test_a_tie_means_the_same_everywhere() -> None:
    assert Scored(torch.zeros(1, 2), torch.tensor([1])).confusion() == [[0, 0], [1, 0]]
    assert Prediction.of("A sentence.", 0.5).label == "unacceptable"
