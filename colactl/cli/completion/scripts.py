"""The scripts that Typer's `--install-completion` writes, mended."""

from __future__ import annotations

from colactl.cli.typer_port import replace_in_scripts

FISH = "(string replace --regex '^~' $HOME (commandline -opc)[1])"  # the program that is typed, as for zsh

# In each, texts and what stands in their place; where Typer writes them otherwise one day, its own will do.
MENDED = {
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


def mend() -> None:
    """Mends them, for as long as this process lasts."""
    replace_in_scripts(MENDED)
