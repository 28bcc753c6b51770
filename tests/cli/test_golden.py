"""Every version of Hydra and OmegaConf that is admitted gives the same configs and the same hashes."""

from __future__ import annotations

import pytest

from tests.golden import COMMANDS, FOLDER, output

HOW = "if this change is meant, write the files anew with: python -m tests.golden"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_output_is_the_same_under_every_version(name: str) -> None:
    if name == "list-groups.json":
        pytest.importorskip("hydra_plugins.hydra_ray_launcher")
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    assert output(COMMANDS[name]) == ((FOLDER / name).read_text(), ""), HOW
