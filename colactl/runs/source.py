"""Where a trained model is: a run's folder, a model's own folder, or a name on the Hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from colactl.errors import ConfigError, ModelError
from colactl.runs.run import CONFIG, LOG, MODEL, RESULT, STATUS, Run
from colactl.schema.config_files import load

HUB_ID = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")
WAYS = "Name a run's folder, a folder that save_pretrained wrote, or a model on the Hub such as owner/name."


@dataclass(frozen=True)
class Source:
    """What to load a model from.

    Attributes:
        name: A folder with a config.json, or a name on the Hub: what `from_pretrained` takes.
        run: The complete run that the model came from; None where it is not a run's folder that was named.
    """

    name: str
    run: Run | None = None

    @property
    def max_length(self) -> int | None:
        """Tokens that the run cut a sentence to, special ones included; None where that is not known."""
        if self.run is None:
            return None
        try:
            config: Any = OmegaConf.to_container(load(self.run.folder / CONFIG))
            length = config["processing"]["max_length"]
        except (ConfigError, LookupError, TypeError):
            return None  # the model and its tokenizer still say how much they take
        return length if isinstance(length, int) else None


def find_model(source: str | Path) -> Source:
    """Tells a run's folder, a model's folder and a name on the Hub apart; the Hub itself is not asked.

    Args:
        source: Any of the three; a folder that is there wins over a name on the Hub.

    Returns:
        The source; a run's is its `model/` folder.

    Raises:
        ModelError: It is none of the three, or a run that is not complete.
    """
    name, folder = str(source), Path(source).expanduser()
    if name and folder.is_dir():  # Path("") would be the working directory
        return _in_folder(folder)
    if name and folder.exists():
        raise ModelError(f"{name} is a file, and a model is a folder.", WAYS)
    if not HUB_ID.fullmatch(name) or ".." in name or "--" in name:
        raise ModelError(f"There is no folder {name!r}, and no model on the Hub can have that name.", WAYS)
    if "/" in name and folder.parent.is_dir():  # asking the Hub takes long where there is no network
        raise ModelError(f"There is no folder {name}.", f"See what there is with: ls {folder.parent}")
    return Source(name)


def _in_folder(folder: Path) -> Source:
    if (folder / "config.json").is_file():
        return Source(str(folder))
    if (folder / STATUS).exists() or (folder / RESULT).exists():
        return _in_run(Run(folder.absolute()))
    if (folder / "sweep.yaml").exists():
        raise ModelError(f"{folder} holds a sweep, not one run.", f"Name one of its runs; see them with: ls {folder}")
    raise ModelError(f"{folder} holds neither a run nor a model (there is no config.json).", WAYS)


def _in_run(run: Run) -> Source:
    if run.status != "done":
        raise ModelError(
            f"The run in {run.folder} is not complete (its status is {run.status}), so it has no model yet.",
            f"See how far it came with: tail {run.folder / LOG}",
        )
    model = run.folder / MODEL
    if not (model / "config.json").is_file():
        raise ModelError(
            f"The run in {run.folder} has no model/: it was trained with callbacks.export=false, or has lost it.",
            f"Train again: colactl train --rerun {run.folder} --set callbacks.export=true",
        )
    return Source(str(model), run)
