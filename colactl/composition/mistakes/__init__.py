"""What is wrong with overrides that cannot be applied, and what to type instead."""
