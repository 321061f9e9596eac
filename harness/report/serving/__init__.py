"""A read-only web endpoint that says GO only for what verifies."""
