"""What a verdict of the page's judges found, by the names of its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from harness.verdict import Verdict


def findings(verdict: Verdict, fact: str = "findings") -> list[dict[str, Any]]:
    """Return the findings that count, or those of another of its facts."""
    return cast("list[dict[str, Any]]", verdict.facts[fact])


def rules(verdict: Verdict) -> list[str]:
    """Return the rules that were broken, in their order."""
    return [one["rule"] for one in findings(verdict)]
