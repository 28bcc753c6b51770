"""What a job says, written into its run's log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

SPEAK = """
import os
from pathlib import Path
from colactl.sweeping.jobs.log import JobLog

log = JobLog(Path("run/train.log"))
job = os.fork()
if job == 0:
    log.redirect_output()
    os.write(1, b"a=canary-of-the-test and more\\n")
    os.write(2, b"x" * 200_000)
    os.write(2, b"\\nlast words: canary-of-the")
    os.write(2, b"-test")
    os._exit(0)
log.close_write_end()
while log.descriptors():
    log.write()
os.waitpid(job, 0)
log.close()
print(log.last)
"""


def test_it_is_written_whole_and_without_secrets() -> None:
    command = [sys.executable, "-c", SPEAK]
    environment = {"PYTHONPATH": str(ROOT), "MY_TOKEN": "canary-of-the-test"}
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True, env=environment)
    assert done.stdout == "last words: ***\n"
    first, long, last = Path("run/train.log").read_text().split("\n")
    assert (first, last) == ("a=*** and more", "last words: ***")
    assert long == "x" * 200_000
