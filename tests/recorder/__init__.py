"""Compares what two versions of colactl do: exit codes, stdout, files and final weights of some 300 command lines."""
