"""Phase 2, canary rollout."""
