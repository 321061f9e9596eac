"""The bug bash."""
