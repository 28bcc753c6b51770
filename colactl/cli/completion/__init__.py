"""What may stand next on the command line, for a shell that waits.

Hydra's import alone takes longer than a person likes to wait after the tab key, so configs are read here as plain YAML.
What is offered is a help, never a check: what cannot be read is left out, without a word.
"""
