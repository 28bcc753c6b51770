"""The documentation that is made from the program itself: `python -m tests.reference` writes it, a test compares."""
