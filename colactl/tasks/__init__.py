"""Training, evaluation and prediction as functions that the rooms above call: picklable, and light to import."""

from colactl.tasks.importing import check_classes, preload, prepare
from colactl.tasks.scoring import evaluate, predict
from colactl.tasks.training import Record, drift, processes_needed, resume, train, train_along, train_in
from colactl.training.devices.settings import auto_threads
from colactl.training.scoring.predictions import Prediction, checked

__all__ = [
    "Prediction",
    "Record",
    "auto_threads",
    "check_classes",
    "checked",
    "drift",
    "evaluate",
    "predict",
    "preload",
    "prepare",
    "processes_needed",
    "resume",
    "train",
    "train_along",
    "train_in",
]
