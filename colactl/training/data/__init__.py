"""A corpus becomes batches of tokens."""
