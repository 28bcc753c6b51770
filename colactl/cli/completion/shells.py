"""Bash, zsh and fish: how each asks for completions, and the form of the answer.

The scripts that ask are Typer's, as `--install-completion` writes them, with a few mends; they hand over the line in
the environment and read stdout.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from typer.core import TyperGroup

from colactl.cli.completion.line import Item, complete
from colactl.cli.typer_port import fish_asks_whether, replace_in_scripts, typed_line

Complete = Callable[[Sequence[str], str], list[Item]]  # is given the words before and the one to complete

PATTERN = re.compile(r"[*?\n]|\[.*\]")  # what bash's own function would take for names of files, or for several words
FISH = "(string replace --regex '^~' $HOME (commandline -opc)[1])"  # the program that is typed, as for zsh

# By shell: texts of Typer's scripts, and what stands in their place. A text that Typer has changed is left as it is.
MENDS = {
    "bash": (
        # Folders of runs keep their order, the newest first; bash before 4.4 cannot.
        (
            "\ncomplete -o default",
            "\ncomplete -o nosort -o default -F %(complete_func)s %(prog_name)s 2> /dev/null ||\ncomplete -o default",
        ),
        ("=complete_bash $1 ", '=complete_bash "${1/#\\~/$HOME}" '),  # ~/bin/colactl, which is not expanded here
    ),
    "zsh": (
        # Zsh loads the file when it is asked for the first time; Typer's has no answer then.
        (
            "\ncompdef %(complete_func)s %(prog_name)s\n",
            "\ncompdef %(complete_func)s %(prog_name)s\n"
            '[[ $funcstack[1] != _%(prog_name)s ]] || %(complete_func)s "$@"\n',
        ),
        # The program that is typed, such as .venv/bin/colactl; Typer's asks the one on the PATH, if there is one.
        ("=complete_zsh %(prog_name)s)", "=complete_zsh ${(Q)~words[1]})"),
    ),
    "fish": (
        ("complete --command", "complete --keep-order --command"),
        ("(commandline -cp) %(prog_name)s", f"(commandline -cp) {FISH}"),
    ),
}


@dataclass(frozen=True)
class Answer:
    """What to write to stdout, and the exit code."""

    text: str
    code: int = 0


def bash(complete: Complete) -> Answer:
    """Bash breaks words at `=`, `:` and `@`, and puts what it gets in the place of the last piece alone."""
    pieces = os.environ["COMP_WORDS"].split("\n")
    at = int(os.environ["COMP_CWORD"])
    pieces = [*pieces[: at + 1], *([""] if at >= len(pieces) else [])]
    words = _rejoined(pieces)
    kept, typed = _parted(words[-1], pieces[-1])
    items = complete([_unquoted(text) for text in words[1:-1]], _unquoted(words[-1]))
    if len(items) == 1 and items[0].is_open:  # a space would follow a single answer
        items = [*items, Item(f"{items[0].text}...")]
    quoted = typed.startswith(("'", '"'))
    texts = [item.text[len(_unquoted(kept)) :] for item in items]
    plain = [text for text in texts if not PATTERN.search(text)]
    return Answer("\n".join(text if quoted else _escaped(text) for text in plain))


def zsh(complete: Complete) -> Answer:
    """Zsh evaluates what it gets, as one line."""
    words, word = _split(typed_line())
    items = complete(words, word)
    if not items:
        return Answer("compset -P '*[=,]'; _files" if "=" in word else "_files")
    closed = " ".join(_described(item) for item in items if not item.is_open)
    opened = " ".join(_described(item) for item in items if item.is_open)
    return Answer(
        f"local -a colactl_closed colactl_open; colactl_closed=({closed}); colactl_open=({opened}); "
        "_describe -V colactl colactl_closed -- colactl_open -S ''"
    )


def fish(complete: Complete) -> Answer:
    """Fish first asks whether there is anything, and offers files where there is not."""
    words, word = _split(typed_line())
    items = complete(words, word)
    if fish_asks_whether():
        return Answer("", 0 if items else 1)
    return Answer("\n".join("\t".join(filter(None, (item.text, _one_line(item.comment)))) for item in items))


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}


def answer(group: TyperGroup, shell: str) -> int:
    """Answers a shell on stdout; an error is silent, because it would stand in the middle of the line that is typed.

    Returns:
        The exit code.
    """
    try:
        result = SHELLS[shell](partial(complete, group))
    except Exception:
        if os.environ.get("COLACTL_TRACEBACK") == "1":
            raise
        result = Answer("", 1)
    # In bytes, because names of files may hold what the terminal's encoding does not.
    sys.stdout.buffer.write(result.text.encode(errors="surrogateescape"))
    return result.code


def mend_scripts() -> None:
    """Mends the scripts that Typer's `--install-completion` writes, for as long as this process lasts."""
    replace_in_scripts(MENDS)


def _rejoined(pieces: Sequence[str]) -> list[str]:
    """The words that bash has broken: at a `=`, `:` or `@` the pieces on both sides belong together."""
    words: list[str] = []
    joins = False
    for piece in pieces:
        breaks = bool(re.fullmatch(r"[=:@]+", piece))
        if (breaks or (joins and piece)) and len(words) > 1:
            words[-1] += piece
        else:
            words.append(piece)
        joins = breaks
    return words


def _parted(word: str, piece: str) -> tuple[str, str]:
    """A word's part that bash leaves alone, and the one that it replaces: the last piece, with the `@` before it."""
    piece = piece.lstrip("=:") if re.fullmatch(r"[=:@]+", piece) else piece
    kept = word.removesuffix(piece)
    return (kept[:-1], f"@{piece}") if kept.endswith("@") else (kept, piece)


def _unquoted(text: str) -> str:
    return " ".join(_tokens(text))


def _split(line: str) -> tuple[list[str], str]:
    """The words after the program's name, and the last one, which is being typed."""
    words = _tokens(line)[1:]
    return (words[:-1], words[-1]) if words and not line.endswith(" ") else (words, "")


def _tokens(line: str) -> list[str]:
    """The words of a line, without their quotes, of which the last may still lack its end."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(iter(lexer.get_token, None))  # in posix mode None is the end
    except ValueError:  # a quote that is still open
        words.append(lexer.token)
    return words


def _escaped(text: str) -> str:
    return re.sub(r"([^\w~+@%:,./=-])", r"\\\1", text)


def _described(item: Item) -> str:
    text = item.text.replace("\\", "\\\\").replace(":", "\\:")
    return shlex.quote(f"{text}:{_one_line(item.comment)}" if item.comment else text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
