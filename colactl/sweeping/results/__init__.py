"""What came of a sweep: read back, compared and drawn."""
