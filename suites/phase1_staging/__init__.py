"""Phase 1, staging soak."""
