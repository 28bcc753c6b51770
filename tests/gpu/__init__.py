"""What nothing but a GPU can show, in one command: python -m tests.gpu."""
