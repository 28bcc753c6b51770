"""Real shells in a terminal of their own, with colactl's completion installed as a user installs it."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

LONGEST = 30.0  # seconds that a shell may take to answer
SEEN = "\x0f"  # Ctrl-O, which each shell is told to write its line for

# What makes a shell write its line to $SEEN and empty it.
RC = {
    "bash": """
PS1='$ '
seen() { printf '%s' "$READLINE_LINE" > "$SEEN.new"; mv "$SEEN.new" "$SEEN"; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\\C-o": seen'
""",
    "zsh": """
PS1='$ '
seen() { print -rn -- "$BUFFER" > "$SEEN.new"; mv "$SEEN.new" "$SEEN"; BUFFER= }
zle -N seen
bindkey '^O' seen
""",
    "fish": """
function fish_prompt; echo '$ '; end
function seen
    commandline | string collect | read --null --local line
    printf '%s' (string trim --right --chars \\n -- "$line" | string collect) > "$SEEN.new"
    mv "$SEEN.new" "$SEEN"
    commandline --replace ''
end
bind \\co seen
""",
}
FILES = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}
START = {"bash": ["bash", "-i"], "zsh": ["zsh", "-i"], "fish": ["fish", "-i"]}


def require(name: str) -> None:
    """Skips where there is no such shell."""
    if shutil.which(name) is None:
        how = "; as root: apt-get install zsh fish" if shutil.which("apt-get") else ""
        pytest.skip(f"{name} is not installed{how}")


class Shell:
    """An interactive shell, in a home of its own.

    Args:
        name: bash, zsh or fish.
        home: Its home.
        work: Its working directory.
        on_path: Whether it finds colactl by its name alone.
    """

    def __init__(self, name: str, home: Path, work: Path, on_path: bool = True) -> None:
        self.name, self.home, self.seen = name, home, home / "seen"
        environment = {
            "HOME": str(home),
            "ZDOTDIR": str(home),
            "PATH": f"{home / 'bin'}:{os.environ['PATH']}" if on_path else os.defpath,
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SEEN": str(self.seen),
        }
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.chdir(work)
            os.execvpe(START[name][0], START[name], environment)
        self.screen = ""
        self.see("")  # it is ready when it answers

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def complete(self, line: str, tabs: int = 1) -> str:
        """What becomes of a line when the tab key is pressed at its end; what is shown meanwhile is in `screen`."""
        self.screen = ""
        return self.see(line + "\t" * tabs)

    def see(self, keys: str) -> str:
        """The line after some keys."""
        self.seen.unlink(missing_ok=True)
        os.write(self.terminal, keys.encode())
        enough, again = time.monotonic() + LONGEST, 0.0
        while not self.seen.exists():
            if time.monotonic() > again:
                os.write(self.terminal, SEEN.encode())
                again = time.monotonic() + LONGEST
            assert time.monotonic() < enough, self.screen
            self._read()
        return self.seen.read_text()

    def run(self, command: str, done: Path) -> None:
        """Runs a command that makes a file."""
        os.write(self.terminal, f"{command}\r".encode())
        enough = time.monotonic() + LONGEST
        while not done.exists():
            assert time.monotonic() < enough, self.screen
            self._read()

    def _read(self) -> None:
        if select.select([self.terminal], [], [], 0.02)[0]:
            self.screen += os.read(self.terminal, 65536).decode(errors="replace")


INSTALLED = {
    "bash": ".bash_completions/colactl.sh",
    "zsh": ".zfunc/_colactl",
    "fish": ".config/fish/completions/colactl.fish",
}


def install(name: str, home: Path) -> Path:
    """Makes a home, and has a shell in it run `colactl --install-completion`."""
    program = home / "bin" / "colactl"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m colactl "$@"\n')
    program.chmod(0o755)
    rc = home / FILES[name]
    rc.parent.mkdir(parents=True, exist_ok=True)
    rc.write_text(RC[name])
    with Shell(name, home, home) as shell:
        shell.run("colactl --install-completion", home / INSTALLED[name])
        shell.run("touch $HOME/done", home / "done")
    return home
