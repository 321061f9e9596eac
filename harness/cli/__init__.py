"""The `gate` command: decides, signs, verifies. Exit 0 only for GO or success; a crash is 2, never 0."""

from __future__ import annotations

import sys

from harness.cli.app import run

__all__ = ["main", "run"]


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))
