"""Environments and escalation."""
