"""Rollback: drills that change the target, and put back what they found."""
