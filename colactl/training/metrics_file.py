"""`metrics.csv`: Lightning's CSVLogger, which goes on with the file of the run that it resumes."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter

from colactl.runs.files import write_text

NAME = ExperimentWriter.NAME_METRICS_FILE


def metrics_file(folder: Path, steps: int) -> CSVLogger:
    """The logger that writes `metrics.csv` into a run's folder.

    Args:
        folder: The run's.
        steps: The optimizer steps that are done; rows of later ones, which a killed run had begun, are dropped.
    """
    # An empty name and version put the file into the folder itself; a killed run keeps all it has logged.
    logger = CSVLogger(folder, name="", version="", flush_logs_every_n_steps=1)
    if steps and (folder / NAME).exists():
        logger._experiment = _Continued(folder, steps)  # the logger's own would delete the file
    else:
        (folder / NAME).unlink(missing_ok=True)
    return logger


class _Continued(ExperimentWriter):
    def __init__(self, folder: Path, steps: int) -> None:
        super().__init__(log_dir=str(folder))
        with (folder / NAME).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            self.metrics_keys: list[str] = list(reader.fieldnames or [])
            rows = [row for row in reader if row["step"] and float(row["step"]) < steps]
        kept = io.StringIO(newline="")
        writer = csv.DictWriter(kept, self.metrics_keys)
        writer.writeheader()
        writer.writerows(rows)
        write_text(folder / NAME, kept.getvalue())

    def _check_log_dir_exists(self) -> Any:
        """Lightning's would delete the file."""
