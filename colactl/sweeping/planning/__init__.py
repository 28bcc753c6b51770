"""A sweep, expanded, composed and checked before anything starts, and written down."""
