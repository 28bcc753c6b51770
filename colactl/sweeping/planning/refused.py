"""The jobs of a sweep that cannot run, told by what is wrong, which many may share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colactl.composition.diagnosis import every_fault, refusal
from colactl.composition.hydra_port import Session
from colactl.errors import ConfigError, DataError
from colactl.schema.faults import shown

TOLD = 10  # faults that are told one by one


@dataclass
class Jobs:
    """Those that have a fault: the first of them, and how many more."""

    index: int
    overrides: Sequence[str]
    more: int = 0

    def with_fault(self, fault: str) -> str:
        """The whole sentence; the override that the fault begins with is not told twice."""
        others = [told for override in self.overrides if not fault.startswith(f"{(told := shown(override))}: ")]
        which = f" ({', '.join(others)})" if others else ""
        also = f" and {self.more} more" if self.more else ""
        return f"Job {self.index}{which}{also}: {fault}"


class Refused:
    """Gathers them."""

    def __init__(self) -> None:
        self._faults: dict[str, Jobs] = {}
        self._data_alone = True

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, index: int, overrides: Sequence[str], error: ConfigError | DataError) -> None:
        """Takes one more job, and what is wrong with it."""
        self._data_alone &= isinstance(error, DataError)
        for fault in error.faults or (error.message,):
            if fault in self._faults:
                self._faults[fault].more += 1
            else:
                self._faults[fault] = Jobs(index, overrides)

    def error(self, session: Session, overrides: Sequence[str], config_name: str) -> ConfigError | DataError:
        """What to raise: what is wrong with the sweep's own overrides or, if they are sound, with the jobs.

        Args:
            session: Hydra, initialised.
            overrides: The sweep's, as typed.
            config_name: The primary config.
        """
        if not self._data_alone and (faults := every_fault(session, overrides, config_name)):
            return refusal(faults)
        told = [jobs.with_fault(fault) for fault, jobs in self._faults.items()]
        more = [f"{len(told) - TOLD} more faults."] if len(told) > TOLD else []
        kind = DataError if self._data_alone else ConfigError
        return kind("Some jobs of this sweep cannot run:", "Nothing was started.", (*told[:TOLD], *more))
