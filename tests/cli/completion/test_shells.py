"""How a shell's question is read, and the form of the answer; `tests/cli/test_shells.py` asks real shells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from colactl.cli.completion import shells
from colactl.cli.completion.line import Item
from colactl.cli.completion.shells import answer
from tests.completions import GROUP
from tests.conftest import Completed
from tests.made_sweeps import made_run, result


class TestQuestions:
    """What bash, zsh and fish hand over, as seen in each."""

    @pytest.mark.parametrize(
        ("pieces", "words", "word", "answer"),
        [
            (["train", "mo"], ["train"], "mo", "X"),
            (["train", ""], ["train"], "", "X"),
            (["train", "model", "=", "b"], ["train"], "model=b", "ert"),
            (["train", "model", "="], ["train"], "model=", "ert"),
            (["train", "model", "=", ""], ["train", "model="], "", "X"),
            (["train", "--set", "=", "model", "=", "b"], ["train"], "--set=model=b", "ert"),
            (["train", "a", "=", "http", ":", "//b"], ["train"], "a=http://b", "ert"),
            (["train", "a", "=", "b", "c"], ["train", "a=b"], "c", "X"),
            (["train", "model=b"], ["train"], "model=b", "X"),
            (["train", "--set", "'model=b"], ["train", "--set"], "model=b", "X"),
            (["train", "--set", "model", "=", "'b"], ["train", "--set"], "model=b", "ert"),
            (["train", "model", "@", "en"], ["train"], "model@en", "@"),
            (["train", "model", "@"], ["train"], "model@", "@"),
            (["train", "model", "@", "en", "=", "b"], ["train"], "model@en=b", "ert"),
            (["train", "a", "=", "[b"], ["train"], "a=[b", "ert"),
            (["train", "x\\ y", "o"], ["train", "x y"], "o", "X"),
        ],
    )
    def test_bash(
        self, pieces: list[str], words: list[str], word: str, answer: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COMP_WORDS", "\n".join(["colactl", *pieces]))
        monkeypatch.setenv("COMP_CWORD", str(len(pieces)))
        whole = {"X": "X", "ert": f"{word[: word.rfind('=') + 1]}ert", "@": "model@encoder"}[answer]
        if ":" in word:
            whole = f"{word[: word.rfind(':') + 1]}ert"
        asked = []

        def found(before: list[str], typed: str) -> list[Item]:
            asked.append((before, typed))
            return [Item(whole)]

        assert shells.bash(found).text == {"@": "@encoder"}.get(answer, answer)  # type: ignore[arg-type]
        assert asked == [(words, word)]

    def test_bash_is_given_two_where_no_space_should_follow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COMP_WORDS", "colactl\ntrain\nx")
        monkeypatch.setenv("COMP_CWORD", "2")
        assert shells.bash(lambda *_: [Item("xy=")]).text == "xy=\nxy=..."
        assert shells.bash(lambda *_: [Item("xy.")]).text == "xy.\nxy...."
        assert shells.bash(lambda *_: [Item("a b"), Item("c*"), Item("$(d)")]).text == "a\\ b\n\\$\\(d\\)"

    @pytest.mark.parametrize(
        ("line", "words", "word"),
        [
            ("colactl train mo", ["train"], "mo"),
            ("colactl train ", ["train"], ""),
            ("colactl train --set 'model=b", ["train", "--set"], "model=b"),
            ("colactl train a\\ b c", ["train", "a b"], "c"),
        ],
    )
    def test_fish_and_zsh(self, line: str, words: list[str], word: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        asked = []

        def found(before: list[str], typed: str) -> list[Item]:
            asked.append((before, typed))
            return [Item("x", "of\n two")]

        assert shells.fish(found).text == "x\tof two"  # type: ignore[arg-type]
        assert "'x:of two'" in shells.zsh(found).text  # type: ignore[arg-type]
        assert asked == [(words, word)] * 2


def test_a_name_that_the_terminal_cannot_show(colactl: Callable[..., Completed]) -> None:
    made_run(Path("outputs/na\u00efve"), [], result(0.5))
    asked = {"_COLACTL_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "colactl predict ou"}
    done = colactl(**asked, PYTHONIOENCODING="ascii", _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert (done.stdout, done.stderr) == ("outputs/na\u00efve\tMCC 0.500", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_goes_wrong_is_not_told(
    shell: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS"):
        monkeypatch.delenv(name, raising=False)
    assert answer(GROUP, shell) == 1
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("COLACTL_TRACEBACK", "1")
    with pytest.raises(KeyError):
        answer(GROUP, shell)
