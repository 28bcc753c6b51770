"""Every version of Hydra and OmegaConf that is admitted gives the same configs and the same hashes."""

from __future__ import annotations

import pytest

from tests.golden import COMMANDS, FOLDER, output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_output_is_the_same_under_every_version(name: str) -> None:
    """Where a key or a default has changed on purpose, `python -m tests.golden` writes the files again."""
    if name == "list-groups.json":
        pytest.importorskip("hydra_plugins.hydra_ray_launcher")
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    assert output(COMMANDS[name]) == ((FOLDER / name).read_text(), "")
