"""What may stand next on the command line: the answers for a shell's tab key.

Overrides are completed from what Hydra itself composes; commands, options and folders without Hydra, whose import takes
longer than they do. An answer is a help, not a check: what cannot be read is left out silently.
"""
