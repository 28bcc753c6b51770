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
