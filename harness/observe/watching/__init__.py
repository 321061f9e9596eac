"""A phase's watch: our own traffic, the pods' logs, what the product says of itself, and what it all runs on."""
