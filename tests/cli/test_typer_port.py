"""What is not public in Typer is still as colactl takes it to be, and Typer's own way is taken where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand
from typer.main import get_command

from colactl.cli import typer_port
from colactl.cli.completion.shells import MENDS

VERSION = tuple(map(int, typer.__version__.split(".")[:2]))
SAID = "text='a' several=['b', 'c'] path=PosixPath('d') number=3 none=None there=PosixPath('/') flag=True"
TYPED = ["--text", "a", "--several", "b", "--several", "c", "--path", "d", "--number", "3", "--there", "/", "--flag"]


def show(
    text: str = "x",
    several: Annotated[list[str] | None, typer.Option()] = None,
    path: Path | None = None,
    number: int = 1,
    none: str | None = None,
    there: Annotated[Path | None, typer.Option(exists=True)] = None,
    flag: bool = False,
) -> None:
    """A command with options of all kinds."""
    typer.echo(" ".join(f"{name}={value!r}" for name, value in dict(locals()).items()))


def a_command() -> tuple[TyperCommand, list[Any]]:
    """The command with its lightened parameters."""
    app = typer.Typer()
    app.command()(show)
    command = get_command(app)
    assert isinstance(command, TyperCommand)
    return command, typer_port.lighten(command.params)


@pytest.mark.skipif(VERSION < (0, 29), reason="a Typer without pydantic has nothing to lighten")
def test_lighten() -> None:
    command, parameters = a_command()
    assert all(isinstance(each._runtime_param, typer_port.Late) for each in parameters)
    with pytest.raises(SystemExit) as end, redirect_stdout(StringIO()) as said:
        command(TYPED)
    assert (end.value.code, said.getvalue().strip()) == (0, SAID)
    late = {each.name for each in parameters if isinstance(each._runtime_param, typer_port.Late)}
    assert late >= {"text", "several", "path", "none"}  # which had nothing to check
    assert not late & {"number", "there"}


@pytest.mark.parametrize("wrong", [["--number", "x"], ["--there", "/nowhere/at/all"]], ids=str)
def test_lighten_leaves_what_must_be_checked_to_typer(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command, _ = a_command()
    with pytest.raises(SystemExit) as end:
        command(wrong)
    assert end.value.code == 2
    assert "Invalid value" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["multiple", "nargs", "default", "type_descriptor"])
def test_lighten_takes_typers_own_way_where_a_parameter_is_described_otherwise(missing: str) -> None:
    own = SimpleNamespace(coerce=lambda value, **named: ("Typer's own", value, named), more=1)
    plain = SimpleNamespace(
        annotation=str, parameter_info=SimpleNamespace(exists=False, resolve_path=False, parser=None)
    )
    parameter = SimpleNamespace(multiple=False, nargs=1, default="x", type_descriptor=plain, _runtime_param=None)
    parameter.get_runtime_param = lambda: own
    (same,) = typer_port.lighten([parameter])
    assert parameter._runtime_param.coerce("a", param=parameter, ctx=None) == "a"
    assert parameter._runtime_param.more == 1
    typer_port.lighten([parameter])
    delattr(parameter, missing)
    assert parameter._runtime_param.coerce("a", ctx=None) == ("Typer's own", "a", {"ctx": None})
    assert same is parameter


@pytest.mark.parametrize("missing", ["_runtime_param", "get_runtime_param"])
def test_lighten_leaves_parameters_of_another_typer_alone(missing: str) -> None:
    parameter = SimpleNamespace(_runtime_param=None, get_runtime_param=None)
    delattr(parameter, missing)
    typer_port.lighten([parameter])
    assert getattr(parameter, "_runtime_param", None) is None


def test_disable_colour() -> None:
    program = (
        "import os; os.environ.update(GITHUB_ACTIONS='1', FORCE_COLOR='1')\n"
        "from colactl.cli import typer_port; typer_port.disable_colour()\n"
        "import typer, typer.main\n"
        "app = typer.Typer(); app.command()(lambda: None)\n"
        "app(['--help'])"
    )
    with_and_without = [program, program.replace("typer_port.disable_colour()", "")]
    # An app that ran in this process has switched colours off for all that it starts.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("_TYPER")}
    done = [
        subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, env=environment)
        for text in with_and_without
    ]
    assert ["Usage" in each.stdout for each in done] == [True, True]
    assert ["\x1b" in each.stdout for each in done] == [False, True]


@pytest.mark.parametrize("shell", MENDS)
def test_replace_in_scripts(shell: str) -> None:
    """Every text that colactl replaces is in Typer's scripts, and what is written has it replaced."""
    program = (
        "import sys, typer\nfrom colactl.cli import typer_port\nfrom colactl.cli.completion.shells import MENDS\n"
        "from typer.completion import get_completion_script as script\n"
        "for mended in ({}, MENDS):\n"
        "    typer_port.replace_in_scripts(mended)\n"
        "    print(script(prog_name='%(prog_name)s', complete_var='C', shell=sys.argv[1]), end='\\0')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, shell], capture_output=True, text=True, check=True)
    theirs, ours, _ = done.stdout.split("\0")
    for text, better in MENDS[shell]:
        text, better = (each.replace("%(complete_func)s", "_prog_names_completion").strip() for each in (text, better))
        assert text in theirs
        assert better in ours


def test_replace_in_scripts_leaves_typers_own_where_there_is_no_such_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typer._completion_shared", None)
    typer_port.replace_in_scripts(MENDS)


@pytest.mark.parametrize(
    ("typed", "before", "command"), [(["--nope"], True, "root"), (["go", "--nope", "x"], False, "go")]
)
def test_unknown_option_and_is_usage(typed: list[str], before: bool, command: str) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    app.command("go")(show)
    with pytest.raises(Exception, match="nope") as caught:
        get_command(app).main(typed, prog_name="root", standalone_mode=False)
    unknown = typer_port.unknown_option(caught.value)
    assert unknown is not None
    assert (unknown.option, unknown.before, unknown.command) == ("--nope", before, command)
    assert ("--text" in unknown.options) != before
    assert typer_port.is_usage(caught.value)
    unknown.say("Mind it.")
    assert typer_port.message(caught.value) == "No such option: --nope. Mind it."
    typer_port.say(caught.value, "All else.")
    assert caught.value.format_message() == "All else."  # type: ignore[attr-defined]


def test_other_errors_are_no_unknown_options() -> None:
    assert typer_port.unknown_option(ValueError()) is None
    assert typer_port.unknown_option(typer.BadParameter("x")) is None
    assert typer_port.is_usage(typer.BadParameter("x"))
    assert not any(map(typer_port.is_usage, (ValueError(), typer.Exit(), typer.Abort())))


def test_asking_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts ask by these variables."""
    program = "from typer.completion import get_completion_script as script; import sys\n"
    program += "print(script(prog_name='colactl', complete_var='_COLACTL_COMPLETE', shell=sys.argv[1]))"
    scripts = {
        shell: subprocess.run([sys.executable, "-c", program, shell], capture_output=True, text=True, check=True).stdout
        for shell in MENDS
    }
    for shell, script in scripts.items():
        assert f"_COLACTL_COMPLETE=complete_{shell}" in script
    assert all("_TYPER_COMPLETE_ARGS=" in scripts[shell] for shell in ("zsh", "fish"))
    assert "_TYPER_COMPLETE_FISH_ACTION=is-args" in scripts["fish"]
    for said, shell in (("", ""), ("complete_zsh", "zsh"), ("source_zsh", "")):
        monkeypatch.setenv("_COLACTL_COMPLETE", said)
        assert typer_port.asking_shell() == shell
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "colactl tr")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "is-args")
    assert (typer_port.typed_line(), typer_port.fish_asks_whether()) == ("colactl tr", True)
