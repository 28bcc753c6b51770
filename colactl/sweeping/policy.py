"""What becomes of jobs that do not end well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """How far a job is borne with.

    Attributes:
        retries: How many more times a failed one is started.
        fail_fast: Whether its failure keeps others from being started.
        timeout: Seconds that one may take; None is no limit.
    """

    retries: int = 0
    fail_fast: bool = False
    timeout: float | None = None
