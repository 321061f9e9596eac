"""Finds the mistakes of docs/runbook-mistakes.md before anybody runs them: in files of commands, in a live cluster."""

from __future__ import annotations

from harness.lint.files import Report, check
from harness.lint.finding import WANTED, Finding, Level
from harness.lint.live import NEEDS, examine

__all__ = ["NEEDS", "WANTED", "Finding", "Level", "Report", "check", "examine"]
