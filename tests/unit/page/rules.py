"""What a verdict of the page's judges found, by the names of its rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from harness.judge.page.finding import MARK, Excused

if TYPE_CHECKING:
    from harness.verdict import Verdict


def findings(verdict: Verdict, fact: str = "findings") -> list[dict[str, Any]]:
    """Return the findings that count, or those of another of its facts."""
    return cast("list[dict[str, Any]]", verdict.facts[fact])


def rules(verdict: Verdict) -> list[str]:
    """Return the rules that were broken, in their order."""
    return [one["rule"] for one in findings(verdict)]


def signing(excused: Excused, verdict: Verdict) -> Excused:
    """Return it with a statement of somebody who did what a verdict asks for: looked, and signed the mark it names."""
    command = excused.sign_with.partition(MARK)[0]
    return replace(excused, signed="Ann", statement=verdict.because.partition(command)[2])
