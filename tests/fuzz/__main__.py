"""Feeds bad input for as long as you like: python -m tests.fuzz [--examples N] [--property NAME] [--seed N]."""

from __future__ import annotations

import argparse
import resource
import sys

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.properties import PROPERTIES

MOST_MEMORY = 1 << 30  # bytes


def main() -> int:
    """Runs properties, each on many examples; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--property", choices=[each.__name__ for each in PROPERTIES])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for each in PROPERTIES:
        if options.property in (None, each.__name__):
            feed = settings(
                max_examples=options.examples,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                print_blob=False,
            )(given(data=st.data())(each))
            seed(options.seed)(feed)()
    loaded = {"torch", "transformers", "pytorch_lightning"} & set(sys.modules)
    assert not loaded, loaded
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
