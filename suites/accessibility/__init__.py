"""Accessibility validation."""
