"""The gate's policy, read from runbook/policy.toml: what each phase needs, how fresh, at which error rate."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec

from harness.errors import UsageError
from harness.runbook import EnvironmentName  # noqa: TC001  msgspec reads the annotations when it runs

FOLDER = Path(__file__).parent.parent / "runbook"

Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]
Weight: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1)]


class PhasePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one phase's decision needs; policy.toml explains the fields."""

    environment: EnvironmentName
    required: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    max_age_s: Seconds
    valid_for_s: Seconds
    after: str | None = None
    weights: Mapping[str, Weight] = msgspec.field(default_factory=dict[str, float])


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: Annotated[int, msgspec.Meta(ge=1, le=1)]
    alpha_family: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    weight_default: Weight
    unwaivable: tuple[str, ...]
    phases: Mapping[str, PhasePolicy]


class Policy(msgspec.Struct, frozen=True):
    """The whole policy and one digest of policy.toml and lines.toml: a moved limit is another policy."""

    alpha_family: float
    weight_default: float
    unwaivable: tuple[str, ...]
    phases: Mapping[str, PhasePolicy]
    sha256: str

    def of(self, phase: str) -> PhasePolicy:
        """Return a phase's policy, or raise UsageError: a phase without one can't be decided."""
        if phase not in self.phases:
            raise UsageError(f"policy: wanted a phase, got {phase!r}; known: {', '.join(self.phases)}")
        return self.phases[phase]

    def alpha_of(self, phase: str, line: str) -> float:
        """Return the line's share of the phase's false alarms (Bonferroni with fixed weights)."""
        return self.alpha_family * self.of(phase).weights.get(line, self.weight_default)


def load(folder: Path = FOLDER) -> Policy:
    """Read and check the policy, or raise UsageError with one line."""
    path = folder / "policy.toml"
    try:
        raw, limits = path.read_bytes(), (folder / "lines.toml").read_bytes()
        read = msgspec.convert(tomllib.loads(raw.decode("utf-8")), _File)
    except OSError as trouble:
        raise UsageError(f"policy: wanted a readable file, got {trouble.strerror} at {path}") from trouble
    except (ValueError, RecursionError, msgspec.ValidationError) as trouble:
        raise UsageError(f"policy {path}: {trouble}; its head explains the keys") from trouble
    digest = hashlib.sha256(hashlib.sha256(raw).digest() + hashlib.sha256(limits).digest()).hexdigest()
    return Policy(read.alpha_family, read.weight_default, read.unwaivable, read.phases, digest)
