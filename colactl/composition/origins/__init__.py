"""Where each value of a config comes from: the file and line, the override or the schema, and what it replaced."""
