"""What pods write: every line, once, counted as what it is."""
