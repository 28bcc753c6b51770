"""What a config asks of the machine that it is trained on: its files, a GPU, a model of its own.

It is no part of `validate`, because a config may be shown here and trained elsewhere.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from colactl.schema.faults import Fault
from colactl.schema.groups import SPLITS
from colactl.schema.names import nearest

VISIBLE = "CUDA_VISIBLE_DEVICES"
DRIVER = Path("/proc/driver/nvidia/gpus")  # a folder for each GPU
NODES = Path("/dev")  # where containers show theirs: nvidia0, nvidia1, ...
# NVIDIA's by any driver, that of Windows seen from Linux, and AMD's, which torch calls CUDA too
ANY_NODE = ("nvidia*", "nvhost-*", "nvgpu*", "dxg", "kfd")
ABSOLUTE_POSITIONS = ("roberta", "xlm-roberta", "camembert")  # they count from the padding's index


def faults(plain: dict[str, Any]) -> list[Fault]:
    """What this machine does not have, as far as that is certain without torch.

    Args:
        plain: The resolved config, with every known group; a value of a wrong type is a fault of its own.
    """
    return [*_accelerator(plain["training"]), *_positions(plain), *_files(plain["data"])]


def visible(environment: Mapping[str, str] = os.environ, driver: Path = DRIVER, nodes: Path = NODES) -> tuple[str, ...]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them; torch, which knows too, is not loaded.

    Args:
        environment: A CUDA_VISIBLE_DEVICES in it says which; it may name them by number or by UUID.
        driver: Where the driver lists its GPUs.
        nodes: The folder of the device files.
    """
    if VISIBLE in environment:
        names = [name.strip() for name in environment[VISIBLE].split(",")]
        # CUDA stops at the first that is not there, as -1 never is
        return tuple(names[: next((at for at, name in enumerate(names) if name in ("", "-1")), len(names))])
    files = [file for file in nodes.glob("nvidia[0-9]*") if file.name.removeprefix("nvidia").isdigit()]
    listed = list(driver.iterdir()) if driver.is_dir() else []
    # in a container the driver lists all of the machine's, and only those that it was given have files
    return tuple(str(index) for index in range(len(files) or len(listed)))


def lacks(
    accelerator: str,
    system: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    driver: Path = DRIVER,
    nodes: Path = NODES,
) -> str | None:
    """What this machine certainly has none of, in words; None where it may have it, or where nobody knows.

    Args:
        accelerator: As Lightning calls it.
        system: As `sys.platform` calls it.
        environment: May hide GPUs.
        driver: As for `visible`.
        nodes: As for `visible`.
    """
    if accelerator == "mps" or (accelerator == "gpu" and system == "darwin"):
        return None if system == "darwin" and os.uname().machine == "arm64" else "GPU of Apple's"
    if accelerator not in ("gpu", "cuda"):
        return None
    if VISIBLE in environment and not visible(environment):
        return f"GPU in sight: {VISIBLE} is {environment[VISIBLE]!r}"
    if driver.is_dir() or any(any(nodes.glob(pattern)) for pattern in ANY_NODE):
        return None
    return "GPU"


def _accelerator(training: dict[str, Any]) -> Iterator[Fault]:
    accelerator = training.get("accelerator")
    if isinstance(accelerator, str) and (lacking := lacks(accelerator)):
        text = f"training.accelerator is {accelerator}, and this machine has no {lacking}"
        yield Fault(text, ("training.accelerator",), example="training.accelerator=auto")


def _positions(plain: dict[str, Any]) -> Iterator[Fault]:
    name, length = plain["model"].get("name"), plain["processing"].get("max_length")
    most = _positions_of(name) if isinstance(name, str) else None
    if most is not None and isinstance(length, int) and length > most:
        text = f"processing.max_length is {length}, and the model in {name} takes at most {most} tokens"
        yield Fault(text, ("processing.max_length", "model.name"), example=f"processing.max_length={most}")


@cache  # a sweep asks for every job
def _positions_of(name: str) -> int | None:
    """How many tokens the model in a folder takes; None where there is no such folder, or its config does not say."""
    try:
        config: Any = json.loads((Path(name).expanduser() / "config.json").read_text(encoding="utf-8"))
        positions = int(config.get("max_position_embeddings", config.get("n_positions")))
        taken = int(config.get("pad_token_id", 1)) + 1 if config.get("model_type") in ABSOLUTE_POSITIONS else 0
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError):
        return None
    return positions - taken if positions > 0 else None


def _files(data: dict[str, Any]) -> Iterator[Fault]:
    if data.get("source") != "files":
        return
    for split in SPLITS:
        several = data.get(split)
        paths: Iterable[Any] = several if isinstance(several, list) else [several]
        for path in paths:
            if not isinstance(path, str) or path in ("", "???"):
                continue
            mode = _mode(path)
            if mode is None:
                yield _no_file(f"data.{split}", path, alone=not isinstance(several, list))
            elif S_ISDIR(mode):
                text = f"{path} is a folder: name the files in it, as a list if they are several"
                yield Fault(text, (f"data.{split}",), missing=True)


def _no_file(key: str, path: str, alone: bool) -> Fault:
    where = "" if Path(path).expanduser().is_absolute() else f" in {Path.cwd()}"
    pattern = ", and patterns are not expanded: give a list of files" if set("*?") & set(path) else ""
    near = _near_file(Path(path)) if alone else None
    meant = (f"{key}={near}",) if near else ()
    return Fault(f"there is no file {path}{where}{pattern}", (key,), meant=meant, missing=True)


def _mode(path: str) -> int | None:
    """What kind of file it is, as `stat` says; None where there is none."""
    try:
        return Path(path).expanduser().stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except (OSError, RuntimeError):  # it may exist and be unreadable, which is an error when it is read
        return 0


def _near_file(path: Path) -> Path | None:
    try:
        names = sorted(file.name for file in path.expanduser().parent.iterdir())
    except OSError:
        return None
    near = nearest(path.name, names[:1000])
    return path.parent / near if near else None
