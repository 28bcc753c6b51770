"""`metrics.csv`: a row for each time that metrics are logged, also of a run that is resumed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger
from torch import Tensor

from colactl.runs.files import replacing
from colactl.runs.run import METRICS


class MetricsFile(Logger):
    """Writes `metrics.csv` into a run's folder as Lightning's CSVLogger does, and continues the file of a resumed run.

    The columns are the names logged so far and `step`, in alphabetical order. A row is in the file as soon as it is
    logged. A name that is new rewrites the file with one column more, in one atomic step.

    Args:
        folder: The run's.
        steps: The optimizer steps that are done; rows of later ones, which a killed run had begun, are dropped.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        super().__init__()
        self._folder, self._file = folder, folder / METRICS
        self._columns: list[str] = []
        if steps and self._file.exists():
            self._columns, rows = self._read()
            self._rewrite(row for row in rows if row["step"] and float(row["step"]) < steps)
        else:
            self._file.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """Empty: Lightning puts a name and a version into a folder's path, and the file is in the run's folder."""
        return ""

    @property
    def version(self) -> str:
        """Empty, likewise."""
        return ""

    @property
    def save_dir(self) -> str:
        """The run's folder."""
        return str(self._folder)

    @property
    def log_dir(self) -> str:
        """The run's folder."""
        return str(self._folder)

    def log_hyperparams(self, *_: Any, **__: Any) -> None:
        """Nothing: `config.yaml` has them."""

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Writes a row.

        Args:
            metrics: By name, numbers or tensors of one element.
            step: The optimizer steps that were done before; None counts as 0.
        """
        row = {name: value.item() if isinstance(value, Tensor) else value for name, value in metrics.items()}
        row["step"] = step or 0
        columns = sorted({*self._columns, *row})
        if columns != self._columns or not self._file.exists():
            rows = self._read()[1] if self._file.exists() else []
            self._columns = columns
            self._rewrite(rows)
        with self._file.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self._columns).writerow(row)

    def _read(self) -> tuple[list[str], list[dict[str, str]]]:
        with self._file.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            return list(reader.fieldnames or []), list(reader)

    def _rewrite(self, rows: Iterable[Mapping[str, str]]) -> None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self._columns)
        writer.writeheader()
        writer.writerows(rows)
        with replacing(self._file) as file:
            file.write(text.getvalue().encode())
