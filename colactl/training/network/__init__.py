"""The classifier, what trains it, and how it is exported."""
