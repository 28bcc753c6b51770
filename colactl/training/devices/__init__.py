"""The processes of a run on several devices."""
