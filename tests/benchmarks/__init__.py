"""How fast colactl trains, beside what its users would run instead: python -m tests.benchmarks.train."""
