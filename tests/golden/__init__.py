"""What commands print, byte for byte, whatever the versions of Hydra and OmegaConf."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
# By the name of the file that holds its output. Sweeps say how many threads a job has: "auto" asks the machine.
COMMANDS = {
    "show-config.yaml": ["show-config"],
    "show-config-resolved.yaml": ["show-config", "--resolve"],
    "show-config-experiment.json": ["show-config", "--json", "experiment=cola_bert", "training=ddp"],
    "show-config-overrides.yaml": [
        *("show-config", "model=modernbert", "data=cola", "+note={a: [1e-3, 2020-01-01, 'x y'], b: '${seed}'}"),
        *("~logger.wandb", "optimizer.lr=1e-5", "+training.min_epochs=1", "optimizer.betas=[0.9,0.98]"),
    ],
    "sweep.json": [
        *("sweep", "--dry-run", "--json", "training.threads=1", "model=bert,default", "optimizer.lr=1e-4,0.001"),
        *("seed=range(0,2)", "hydra.sweep.subdir=${hydra.job.num}-${hydra.job.override_dirname}"),
    ],
    "list-groups.json": ["list-groups", "--json", "model=bert"],
}


def output(arguments: list[str]) -> tuple[str, str]:
    """What a command writes to stdout and to stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "colactl", *arguments], capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout, done.stderr
