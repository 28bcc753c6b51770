"""The wheel, built and installed in an environment of its own, away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_carries_every_config_and_nothing_else_at_top_level(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    configs = {f"colactl/configs/{file.relative_to(ROOT / 'configs')}" for file in (ROOT / "configs").rglob("*.yaml")}
    assert len(configs) > 20
    assert configs <= set(names)
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"colactl"}


def test_all_four_commands_from_an_unrelated_folder(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    venv.create(home, with_pip=True)
    # Its dependencies are the ones that are installed here already: seen through a .pth file, not fetched again.
    site = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    pip = [str(home / "bin" / "pip"), "install", "--no-deps", "--quiet", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    own = next((home / "lib").glob("python*/site-packages"))
    (own / "dependencies.pth").write_text(f"{site}\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*arguments: str) -> str:
        command = [str(home / "bin" / "colactl"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    program = "import colactl; print(colactl.__file__)"
    python = [str(home / "bin" / "python"), "-c", program]
    where = subprocess.run(python, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert where.stdout.startswith(str(home))
    assert "batch_size" in run("show-config")
    assert "model=bert" in run("list-groups")
    assert Path(run("train", "training=debug", "logger=csv").strip(), "result.json").exists()
    assert Path(run("sweep", "training=debug", "logger=csv", "seed=1,2").strip(), "results.csv").exists()
