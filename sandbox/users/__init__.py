"""Background users: traffic as people make it, so that logs and business figures exist."""
