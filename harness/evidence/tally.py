"""From probes to the counts and conversations that judges take."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.evidence.names import way_of
from harness.judge.answers import RATE_LIMITED, Answers
from harness.judge.identity import Named
from harness.judge.routing import Conversation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.evidence.rows import Probe, Stream


def answers(stream: Stream) -> Answers:
    """Count a stream's probes by what they came back with."""
    arms: Counter[str] = Counter()
    foreign: Counter[str] = Counter()
    unnamed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for probe in stream.probes:
        if probe.error == RATE_LIMITED or probe.status is None:
            failed[probe.error or "no answer"] += 1
        elif probe.arm:
            arms[probe.arm] += 1
        else:
            version = _version(probe, stream.arm_from)
            (foreign if version else unnamed)[version or f"HTTP {probe.status}"] += 1
    return Answers(
        canary=arms["canary"],
        stable=arms["stable"],
        foreign=dict(foreign),
        unnamed=unnamed.total(),
        statuses=dict(unnamed),
        failed=dict(failed),
        planned=stream.expected,
        complete=stream.complete,
        note=stream.why,
    )


def named(streams: Iterable[Stream]) -> tuple[Named, ...]:
    """Count over several streams which versions answers name, in the header and in the body."""
    seen = Counter((p.commit, p.body_commit) for s in streams for p in s.probes if p.commit or p.body_commit)
    return tuple(
        Named(header, body, count)
        for (header, body), count in sorted(seen.items(), key=lambda item: (-item[1], str(item[0])))
    )


def conversations(streams: Iterable[Stream], turns: int) -> tuple[Conversation, ...]:
    """Put the turns of each pinned conversation together, in order; `turns` is how many were planned."""
    return tuple(c for stream in streams for c in _conversations(stream, turns))


def _conversations(stream: Stream, turns: int) -> Iterable[Conversation]:
    by_id: dict[str, list[Probe]] = {}
    for probe in stream.probes:
        by_id.setdefault(probe.conversation, []).append(probe)
    for key, probes in by_id.items():
        probes.sort(key=lambda probe: probe.turn)
        failed = next((probe.error for probe in probes if probe.error), "")
        yield Conversation(
            id=key,
            pinned_by=way_of(stream.name),
            wanted=probes[0].wanted or "stable",
            versions=tuple(_version(probe, stream.arm_from) for probe in probes),
            arms=tuple(probe.arm for probe in probes),
            planned=turns,
            note=failed or stream.why,
        )


def _version(probe: Probe, arm_from: str) -> str | None:
    """Return the version from where the profile says versions are."""
    if arm_from == "none":
        return None
    return probe.body_commit if arm_from == "body" else probe.commit
