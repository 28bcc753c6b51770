"""A real Slurm of one node on this machine, in a folder of its own: it disturbs no other, nor a munged that runs."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
CONFIG = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=5
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
PORTS = range(20_000, 30_000)  # Linux gives away those from 32,768 on
PATIENCE = 60.0  # seconds for the node to come up, or for jobs to end


def missing() -> str | None:
    """Why there can be no Slurm here, or None."""
    absent = [name for name in (*DAEMONS, "squeue") if shutil.which(name) is None]
    if absent:
        return f"no {', '.join(absent)}: apt-get install slurm-wlm munge"
    return None if os.geteuid() == 0 else "Slurm (slurm-wlm) is started by root alone"


@contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """Starts the daemons in a folder, and ends them and every job afterwards.

    Yields:
        What the environment of Slurm's commands needs.
    """
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().partition(".")[0]
    config = folder / "slurm.conf"
    config.write_text(CONFIG.format(host=host, ports=_free_ports(2), folder=folder, cores=os.cpu_count()))
    environment = {"SLURM_CONF": str(config)}
    whole = {**os.environ, **environment}
    with ExitStack() as stack:
        stack.enter_context(_daemon(folder, "munged", *_munge(folder)))
        _wait(lambda: (folder / "munge.socket").exists(), folder)
        stack.enter_context(_daemon(folder, "slurmctld", "-D", "-f", config))
        stack.enter_context(_daemon(folder, "slurmd", "-D", "-f", config))
        _wait(lambda: "idle" in _asked("sinfo", "-h", "-o", "%T", env=whole), folder)
        stack.callback(_wait, lambda: not _asked("squeue", "-h", env=whole), folder)
        stack.callback(_asked, "scancel", "--user=root", env=whole)
        yield environment


def _munge(folder: Path) -> list[str | Path]:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    files = {"key-file": key.name, "socket": "munge.socket", "pid-file": "munged.pid", "seed-file": "munged.seed"}
    return ["--foreground", "--force", *(f"--{option}={folder / name}" for option, name in files.items())]


@contextmanager
def _daemon(folder: Path, *command: str | Path) -> Iterator[None]:
    with (folder / f"{command[0]}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(condition: Callable[[], bool], folder: Path) -> None:
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > PATIENCE:
            logs = "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(folder.glob("*.log")))
            raise TimeoutError(f"Slurm is not where it should be:\n{logs}")
        time.sleep(0.2)


def _asked(*command: str, env: dict[str, str]) -> str:
    return subprocess.run(command, env=env, capture_output=True, text=True).stdout


def _free_ports(count: int) -> list[int]:
    """Ports below those that a system gives away by itself, so that nobody gets one before its daemon has it."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("No port is free.")
