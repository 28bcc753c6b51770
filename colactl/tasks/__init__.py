"""The seam between what asks for work and what does it: module-level functions, picklable, light to import."""

from colactl.tasks.importing import check_classes, preload, prepare
from colactl.tasks.provenance import drift
from colactl.tasks.scoring import evaluate, predict
from colactl.tasks.training import Record, follow, resume, train, work

__all__ = [
    "Record",
    "check_classes",
    "drift",
    "evaluate",
    "follow",
    "predict",
    "preload",
    "prepare",
    "resume",
    "train",
    "work",
]
