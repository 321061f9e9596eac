"""How a verdict other than MET leaves a test: raised, so that no code after it can overlook it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.verdict import Verdict


class Violated(AssertionError):  # noqa: N818  named as the outcome it carries
    """The line is broken: a failed test."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        """Carry the verdict, and the message a person reads."""
        super().__init__(message)
        self.verdict = verdict


class Undecided(Exception):  # noqa: N818
    """It could not be told: a broken test, never a failed one. Anything under a test may raise it with its reason."""

    def __init__(self, verdict: Verdict, message: str | None = None) -> None:
        """Carry the verdict; without a message it speaks for itself."""
        super().__init__(message or str(verdict))
        self.verdict = verdict
