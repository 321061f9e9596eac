"""Errors a person has to act on: one line that says what, wanted, got, where, and what to do."""

from __future__ import annotations


class HarnessError(Exception):
    """The root of everything the harness raises on purpose."""


class UsageError(HarnessError):
    """Wrong input or wrong use: the command line prints the one line and exits with 4."""
