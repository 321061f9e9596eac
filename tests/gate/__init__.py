"""The gate: what it refuses, what it signs, and what it shows."""
