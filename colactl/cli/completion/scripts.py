"""The scripts that Typer's `--install-completion` writes, mended."""

from __future__ import annotations

import sys

# In each, a text and what stands in its place; where Typer writes it otherwise one day, its own will do.
MENDED = {
    # Folders of runs keep their order, the newest first; bash before 4.4 cannot.
    "bash": (
        "\ncomplete -o default",
        "\ncomplete -o nosort -o default -F %(complete_func)s %(prog_name)s 2> /dev/null ||\ncomplete -o default",
    ),
    # Zsh loads the file when it is asked for the first time; Typer's has no answer then.
    "zsh": (
        "\ncompdef %(complete_func)s %(prog_name)s\n",
        '\ncompdef %(complete_func)s %(prog_name)s\n[[ $funcstack[1] != _%(prog_name)s ]] || %(complete_func)s "$@"\n',
    ),
    "fish": ("complete --command", "complete --keep-order --command"),
}


def mend() -> None:
    """Mends them, for as long as this process lasts."""
    scripts = getattr(sys.modules.get("typer._completion_shared"), "_completion_scripts", {})
    for shell, (text, better) in MENDED.items():
        if shell in scripts:
            scripts[shell] = scripts[shell].replace(text, better)
