"""Where a run comes from: enough to repeat it, and to see why a repetition differs."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "colactl",
    "torch",
    "pytorch-lightning",
    "torchmetrics",
    "transformers",
    "tokenizers",
    "datasets",
    "hydra-core",
    "omegaconf",
    "wandb",
    "numpy",
)

HASH_SHOWN = 12  # digits of a hash that are enough to tell two apart


def provenance(seed: int, data_fingerprint: str) -> dict[str, Any]:
    """Gathers what decides a run's metrics besides its config.

    Args:
        seed: The run's seed.
        data_fingerprint: The sha256 of the sentences and labels it trains on and is validated with.
    """
    return {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "git": _git(),
        "packages": _packages(),
        "python": platform.python_version(),
        "data_fingerprint": data_fingerprint,
        "seed": seed,
        "host": {"name": platform.node(), "system": platform.platform(), "cores": os.cpu_count()},
        "hardware": {"processor": _processor(), "gpus": _output("nvidia-smi", "--list-gpus")},
    }


def drifted(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs between two records and may change a run's metrics, a sentence each; host names may not."""
    before, after = _flat(then), _flat(now)
    return tuple(
        f"{name}: {_shown(before.get(name))} then, {_shown(after.get(name))} now"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    )


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    git, host = record.get("git") or {}, record.get("host") or {}
    return {
        "git commit": git.get("commit"),
        "uncommitted changes": git.get("changes"),
        **(record.get("packages") or {}),
        "python": record.get("python"),
        "data": record.get("data_fingerprint"),
        "system": host.get("system"),
        "cores": host.get("cores"),
        **(record.get("hardware") or {}),
    }


def _shown(value: Any) -> str:
    text = "none" if value is None else str(value).replace("\n", ", ")
    return text[:HASH_SHOWN] if re.fullmatch("[0-9a-f]{40,64}", text) else text


def _processor() -> str:
    """The processor's model, which Linux says only in a file."""
    try:
        model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        model = None
    return model[1] if model else platform.processor()


def _packages() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def _git() -> dict[str, Any] | None:
    """The commit of the working directory's repository and the sha256 of the changes since; None outside of one."""
    commit = _output("git", "rev-parse", "HEAD")
    if not commit:
        return None
    changes = _output("git", "diff", "HEAD")
    fingerprint = hashlib.sha256(changes.encode(errors="surrogateescape")).hexdigest() if changes else None
    return {"commit": commit, "dirty": bool(changes), "changes": fingerprint}


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):  # no git, no repository, or one too slow to ask
        return None
    return done.stdout.decode(errors="replace").strip()
