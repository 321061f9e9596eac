"""What is kept of the documents as one snapshot, for whoever judges."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from harness.judge.said import Health, PodFigures  # noqa: TC001  msgspec reads the annotations when it runs

DOCUMENTS = "documents"  # name of the snapshot
HEALTH = "health"


class DocumentsSeen(msgspec.Struct, frozen=True):
    """All pods' documents: the last reading, the rise since the first, and what spoke against them.

    `began_s` and `at_s` are the instants of the first and the last look (UTC); `trouble` is why no pod could be
    listed at the last look.
    """

    began_s: float
    at_s: float
    looks: int = 0
    pods: tuple[PodFigures, ...] = ()
    trouble: str = ""

    @property
    def restarts(self) -> int:
        """How often a pod's process began anew."""
        return sum(pod.restarts for pod in self.pods)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """What the pods' counters did that no counter does."""
        return tuple(said for pod in self.pods for said in pod.contradictions)


Look: TypeAlias = DocumentsSeen


class HealthSeen(msgspec.Struct, frozen=True):
    """How every pod and the ingress answered for their health; `flags` is the unified pipeline by each pod's word.

    A flag is None where a pod does not say, with the reason in `no_flag`. `trouble` is why no pod could be asked.
    """

    answers: tuple[Health, ...] = ()
    flags: dict[str, bool | None] = {}
    no_flag: dict[str, str] = {}
    trouble: str = ""
