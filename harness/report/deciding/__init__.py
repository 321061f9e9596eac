"""From what was read to GO, NO_GO or INCONCLUSIVE: pure."""
