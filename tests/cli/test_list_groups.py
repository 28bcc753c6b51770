"""colactl list-groups: lines, JSON and the tree."""

from __future__ import annotations

import json

from tests.terminal import invoke, on_terminal, plain


def test_list_groups_as_lines_and_json() -> None:
    lines = invoke("list-groups").stdout.splitlines()
    assert "model=bert_tiny" in lines
    assert all(line.count("=") == 1 for line in lines)
    listed = json.loads(invoke("list-groups", "--json", "model=bert").stdout)
    assert set(listed["model"]) == {"default", "selected", "options"}
    assert listed["model"]["selected"] == "bert"
    assert set(listed["model"]["options"]["bert"]) == {"description", "source", "replaces"}


def test_a_terminal_gets_a_tree() -> None:
    shown = plain(on_terminal("list-groups", "model=bert")[1])
    assert "● bert" in shown
    assert "(default)" in shown
    assert "in force" in shown
