"""A small sweep killed at twenty random moments, gone on with each time: python -m tests.benchmarks.kills [--kills N].

Says whether its results are those of a sweep that nothing disturbed, to the last bit.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.contenders import ROOT
from tests.benchmarks.table import options_of
from tests.sweeping.conftest import bits
from tests.sweeping.kills import SWEEP, killed, start


def main() -> int:
    """Runs both; returns 1 where they differ."""
    parser = options_of(__doc__, rounds=1)  # which has no effect: the kills are the rounds
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole", Path(folder) / "killed"
        start(*SWEEP, f"hydra.sweep.dir={whole}").communicate()
        begun = time.time()
        code, _, err = killed(broken, options.kills)
        seconds = time.time() - begun
        equal = code == 0 and all(bits(whole / name) == bits(broken / name) for name in "012")
    sys.stderr.write(err if code else "")
    figures = {"kills": options.kills, "seconds": round(seconds, 1), "equal": equal}
    told = f"{options.kills} kills in {seconds:.0f} s: {'the same bits' if equal else 'NOT the same'}"
    sys.stdout.write(f"{json.dumps(figures) if options.json else told}\n")
    return 0 if equal else 1


if __name__ == "__main__":
    raise SystemExit(main())
