"""The processor: how many cores this process may use, and what they compute fast."""

from __future__ import annotations

import os
from pathlib import Path

FAST_BF16_FLAGS = {"avx512_bf16", "amx_bf16"}  # of x86 processors; others emulate bfloat16, slower than float32


def usable_cores() -> int:
    """How many cores this process may run on: fewer than the machine has in a container or a Slurm job."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_fast_bf16() -> bool:
    """Whether the processor computes in bfloat16 faster than in float32."""
    return not FAST_BF16_FLAGS.isdisjoint(processor_flags())


def processor_flags() -> list[str]:
    """What the processor can do, in the words of Linux; empty on another system."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    return next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
