from __future__ import annotations

import gc
import importlib

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
