"""The embedded target: a small cluster of real processes with switchable faults."""
