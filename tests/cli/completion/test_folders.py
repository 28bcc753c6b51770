"""The folders of runs and sweeps that are offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.completions import items, offered
from tests.made_sweeps import made_run, made_sweep, result


class TestFolders:
    @pytest.fixture(autouse=True)
    def runs(self) -> None:
        made_run(Path("outputs/day/1"), [], result(0.5))
        made_run(Path("outputs/day/2"), [], KeyboardInterrupt())
        made_run(Path("outputs/day/3"), [], result(0.25))
        made_sweep(Path("multirun/day/a"), [("seed=1", result(0.2)), ("seed=2", ValueError("no"))])
        made_run(Path("mine/first"), [], result(0.1))
        Path(".hidden").mkdir()
        Path("file").write_text("")

    @pytest.mark.parametrize("command", ["predict", "evaluate", "evaluate outputs/day/1"])
    def test_complete_runs_the_newest_first(self, command: str) -> None:
        done = ["outputs/day/3", "outputs/day/1", "multirun/day/a/0"]
        assert offered(f"{command} ") == [*done, "mine/"]
        assert offered(f"{command} outputs/day/1") == ["outputs/day/1"]
        assert offered(f"{command} m") == ["multirun/day/a/0", "mine/"]
        assert offered(f"{command} mine/") == ["mine/first"]
        assert offered(f"{command} .") == [".hidden/"]
        assert offered(f"{command} nope") == []

    def test_comments(self) -> None:
        comments = [item.comment for item in items("predict outputs/")]
        assert comments == ["MCC 0.250", "MCC 0.500"]

    def test_runs_to_go_on_with(self) -> None:
        assert offered("train --resume ") == ["outputs/day/2", "multirun/day/a/1", "mine/"]
        assert offered("train --resume=o") == ["--resume=outputs/day/2"]

    def test_runs_to_repeat(self) -> None:
        assert offered("train --rerun o") == [f"outputs/day/{number}" for number in (3, 2, 1)]
        assert offered("train --rerun outputs/day/2 optimizer.") == ["optimizer.lr="]
        assert offered("train --rerun outputs/day/2 mod") == []

    @pytest.mark.parametrize("command", ["sweep --resume", "runs"])
    def test_sweeps(self, command: str) -> None:
        assert offered(f"{command} ") == ["multirun/day/a", "mine/", "outputs/"]

    def test_elsewhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(Path.cwd()))
        assert offered("predict ~/mine/") == ["~/mine/first"]
        assert offered(f"predict {Path.cwd()}/mi") == [f"{Path.cwd()}/mine/"]

    def test_files_of_another_program(self) -> None:
        for name, text in {"a": "[]", "b": "{", "c": '{"status": 1}'}.items():
            Path("outputs", name).mkdir()
            Path("outputs", name, "status.json").write_text(text)
            Path("outputs", name, "result.json").write_text(text)
        assert "outputs/day/1" in offered("predict ")
        assert "outputs/day/2" in offered("train --resume ")
