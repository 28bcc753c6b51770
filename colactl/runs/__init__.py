"""Run folders: create, record, read back."""
