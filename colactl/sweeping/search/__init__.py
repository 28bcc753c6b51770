"""A search: a sweep whose jobs are the trials of an Optuna study. Optuna itself is imported where it is used."""
