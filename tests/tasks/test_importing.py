from __future__ import annotations

import gc
import importlib
import subprocess
import sys

import pytest

from colactl.tasks.importing import uncollected


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_collection_is_as_it_was_also_after_an_error(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(ModuleNotFoundError), uncollected():
            importlib.import_module("no_such_module")
        assert gc.isenabled() == enabled
        with uncollected():
            assert not gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()


def test_what_the_imports_made_is_not_looked_at_again() -> None:
    code = (
        "import gc; from colactl.tasks.importing import uncollected\n"
        "with uncollected(): pass\nprint(gc.get_freeze_count())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 1000


FORK = """
import os
import signal
import torch
from omegaconf import OmegaConf
from colactl import tasks
from colactl.composition.compose import compose

tasks.preload()
tasks.prepare(OmegaConf.create(OmegaConf.to_container(compose(["logger=csv"]).config, resolve=True)))
job = os.fork()
if job == 0:
    signal.alarm(60)
    torch.set_num_threads(2)
    torch.nn.functional.layer_norm(torch.ones(1000, 1000), (1000,))
    os._exit(0)
print(os.waitpid(job, 0)[1])
"""


@pytest.mark.slow
def test_a_fork_has_threads_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
