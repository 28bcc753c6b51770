"""The two labels of a sentence, and the one rule that chooses between them."""

from __future__ import annotations

from typing import Any

LABELS = ("unacceptable", "acceptable")  # a label's number is its position
UNACCEPTABLE, ACCEPTABLE = LABELS
THRESHOLD = 0.5


def is_acceptable(probability: Any) -> Any:
    """Whether a sentence counts as acceptable; at the threshold it does not, as with argmax.

    Args:
        probability: Of acceptable, from 0 to 1: a number, an array or a tensor.

    Returns:
        A truth value for each number, in the same shape.
    """
    return probability > THRESHOLD
