"""What a checklist reads: the product's change log, receipts of delivered messages, who is on call."""

from __future__ import annotations

from typing import TypeAlias

from sandbox import images

Receipt: TypeAlias = dict[str, str]

_ENTRIES = {
    "v1.5.0": "Suggested actions follow the conversation, and the landing page draws new examples at each load.",
    "v1.4.0": "Answers come as blocks of schema v2, and conversations survive a restart of their store.",
}
ROSTER = {"L1": "Robin Marsh", "L2": "Sam Field", "L3": "Kim Rivers", "lead": "Alex Stone"}


def changelog(active: frozenset[str]) -> str:
    """Return the change log as Markdown, newest version first."""
    told = {version: text for version, text in _ENTRIES.items() if version != _candidate() or _told(active)}
    return "# Change log\n\n" + "\n".join(f"## {version}\n\n{text}\n" for version, text in told.items())


def receipts(active: frozenset[str], delivered_at: str) -> list[Receipt]:
    """Return the messages that reached on-call, each with the build that it was about."""
    names = (images.STABLE,) if "oncall-unsigned" in active else (images.STABLE, images.CANDIDATE)
    return [{"build": images.digest_of(name), "at": delivered_at, "channel": "#on-call"} for name in names]


def roster(active: frozenset[str]) -> dict[str, str]:
    """Return who is on call at each level."""
    return ROSTER | ({"L2": ""} if "roster-empty" in active else {})


def _candidate() -> str:
    return images.CANDIDATE.partition(":")[2]


def _told(active: frozenset[str]) -> bool:
    return "changelog-missing" not in active
