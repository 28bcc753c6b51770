"""Whether a config can be trained: types, ranges, what goes together, and what must not stand in it."""
