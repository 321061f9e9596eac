"""Phase 3, full rollout."""
