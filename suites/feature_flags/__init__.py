"""Feature flag management."""
