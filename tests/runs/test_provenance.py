"""What is recorded of where a run comes from."""

from __future__ import annotations

import subprocess

from colactl.runs.provenance import drifted, provenance


def test_provenance_says_what_decides_the_metrics() -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    assert provenance(3, "abc")["git"] is None  # no commit yet
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *author, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    record = provenance(3, "abc")
    assert (record["seed"], record["data_fingerprint"], record["git"]["dirty"]) == (3, "abc", False)
    assert {"torch", "transformers", "pytorch-lightning"} <= set(record["packages"])


def test_drift() -> None:
    then = {"git": {"commit": "f" * 40}, "packages": {"torch": "2.7.0", "old": "1"}, "python": "3.11.4", "seed": 1}
    now = {"git": None, "packages": {"torch": "2.13.0"}, "python": "3.11.4", "seed": 2, "host": {"name": "here"}}
    assert drifted(then, now) == (
        "git commit: ffffffffffff then, none now",
        "torch: 2.7.0 then, 2.13.0 now",
        "old: 1 then, none now",
    )
    assert drifted({"hardware": {"gpus": "A\nB"}}, {}) == ("gpus: A, B then, none now",)
