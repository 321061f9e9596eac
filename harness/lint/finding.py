"""A mistake of the runbook, found somewhere: what stands there, what follows from it, and what to type instead."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(enum.StrEnum):
    """An ERROR does harm or shows something that is not so; INFO is worth knowing before it does."""

    ERROR = "error"
    INFO = "info"


WANTED: Mapping[str, str] = MappingProxyType(
    {
        "D1": "a canary Ingress of its own beside a live primary",
        "D2": "a routing cookie or header that a rule names, with a value that counts",
        "D3": "stable with the new build first, then the canary Ingress gone",
        "D4": "annotation values that are strings",
        "D5": "conversations that stay on one version",
        "D6": "every line of every pod",
        "D7": "statuses counted from parsed lines",
        "D8": "a parsed field, counted from the second turn",
        "D9": "events counted, not lines that carry a field",
        "D10": "at least 59 samples behind a P95",
        "D11": "flags read from every place they can come from",
        "D12": "a metrics document that is checked before it is read",
        "D13": "a rollback timed from the command to the last old answer",
        "D14": "the cluster, namespace and Deployment of the profile",
        "D15": "routing that does not depend on a retired controller",
        "D16": "a way back that only ever lowers the weight and takes the canary out first",
        "D17": "names that exist, fresh sessions, several turns",
    }
)
"""What each mistake of docs/runbook-mistakes.md should have been."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: its id of docs/runbook-mistakes.md, where (file:line, or environment and object), and what to do.

    `command` is the right one, with the target's names filled in.
    """

    id: str
    where: str
    says: str
    consequence: str
    command: str
    level: Level = Level.ERROR

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.id} {self.where}: {self.says}: {self.consequence}; right: {self.command}"
