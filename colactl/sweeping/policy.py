"""What becomes of jobs that do not end well."""

from __future__ import annotations

from dataclasses import dataclass

from colactl.errors import ConfigError


@dataclass(frozen=True)
class Policy:
    """How far a job is borne with.

    Attributes:
        retries: How many more times a failed one is started.
        fail_fast: Whether its failure keeps others from being started.
        timeout: Seconds that one may take; None is no limit.

    Raises:
        ConfigError: The time is none that could pass.
    """

    retries: int = 0
    fail_fast: bool = False
    timeout: float | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None and not self.timeout > 0:  # nor is nan
            raise ConfigError(f"A job cannot be given {self.timeout} seconds.", "Give --timeout a number above 0.")
