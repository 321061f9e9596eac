"""Post-deployment monitoring."""
