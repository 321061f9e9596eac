"""The runbook's lines, read from runbook/lines.toml, and what to do when one does not hold."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec

from harness.errors import UsageError
from harness.target import GatewayRouting, NginxRouting
from harness.verdict import Outcome

if TYPE_CHECKING:
    from harness.target import Environment, Target

FOLDER = Path(__file__).parent.parent / "runbook"

EnvironmentName: TypeAlias = Literal["staging", "production"]
Level: TypeAlias = Literal["L1", "L2", "L3", "lead"]
Rollback: TypeAlias = Literal["none", "hold", "canary-rollback", "staged-rollback", "emergency-rollback", "flags-off"]
Marker: TypeAlias = Literal[
    "staging",
    "canary",
    "rollout",
    "rollback",
    "flags",
    "postdeploy",
    "bugbash",
    "a11y",
    "troubleshoot",
    "context",
]

# Where each phase is watched unless the line says otherwise. Drills that act, and what opens the way to
# production, run on staging.
PHASES: Mapping[str, EnvironmentName] = {
    "staging": "staging",
    "canary": "production",
    "rollout": "production",
    "rollback": "staging",
    "flags": "staging",
    "postdeploy": "production",
    "bugbash": "staging",
    "a11y": "staging",
    "troubleshoot": "production",
}
SELECTORS = ("context",)  # markers that select lines across phases; nothing is decided for them
JUDGED_LAST = ("ES-01", "BB-08")  # lines about what the others of the run came to
DECIDED_BY: Mapping[str, str] = {
    "P1-PRE-03": "rollback",
    "P1-PASS-03": "bugbash",
    "P1-PASS-04": "a11y",
    "P3-CHK-01": "canary",
    "P3-CHK-02": "rollback",
}  # lines that rest on another phase's signed decision


class UnknownLimitError(UsageError, KeyError):
    """A suite asked a line for a number that it does not state."""

    def __str__(self) -> str:
        """Read as a sentence; a KeyError alone would quote itself."""
        return str(self.args[0])


class Limits(Mapping[str, float]):
    """A line's numbers by name; a name that is not there says so, it is never a default."""

    def __init__(self, line: str, numbers: Mapping[str, float]) -> None:
        """Keep the numbers and whose they are."""
        self._line = line
        self._numbers = dict(numbers)

    def __getitem__(self, key: str) -> float:
        """Return a number, or raise UnknownLimitError with the names there are."""
        if key not in self._numbers:
            known = ", ".join(sorted(self._numbers)) or "none"
            raise UnknownLimitError(
                f"line {self._line}: wanted the limit {key!r}, got only: {known}; see runbook/lines.toml"
            )
        return self._numbers[key]

    def count(self, key: str) -> int:
        """Return a number of things, or raise UnknownLimitError if the line states none or no whole one."""
        number = self[key]
        if number != int(number):
            raise UnknownLimitError(f"line {self._line}: wanted a whole number for {key!r}, got {number}")
        return int(number)

    def __iter__(self) -> Iterator[str]:
        """Go through the names, in the file's order."""
        return iter(self._numbers)

    def __len__(self) -> int:
        """Count the numbers."""
        return len(self._numbers)

    def __repr__(self) -> str:
        """Show the numbers as they stand in the file."""
        return f"Limits({self._numbers})"


@dataclass(frozen=True, slots=True)
class Line:
    """One statement that a test decides; `planned` says that the test is still to come."""

    id: str
    says: str
    phases: tuple[Marker, ...]
    source: str
    evidence: str
    escalation: Level
    on_violation: Rollback
    limits: Limits = field(hash=False)
    environment: EnvironmentName | None = None
    acts: bool = False
    corrects: tuple[str, ...] = ()
    planned: bool = False

    def environment_in(self, phase: str) -> EnvironmentName:
        """Return where the line is watched in that phase; a selector is watched where its first phase is."""
        if self.environment is not None:
            return self.environment
        return PHASES[phase if phase in PHASES else self.phases[0]]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of lines.toml as it stands there."""

    says: Annotated[str, msgspec.Meta(min_length=1)]
    phases: Annotated[tuple[Marker, ...], msgspec.Meta(min_length=1)]
    source: Annotated[str, msgspec.Meta(min_length=1)]
    evidence: Annotated[str, msgspec.Meta(min_length=1)]
    escalation: Level
    on_violation: Rollback
    limits: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    environment: EnvironmentName | None = None
    acts: bool = False
    corrects: tuple[Annotated[str, msgspec.Meta(pattern=r"^D[0-9]+$")], ...] = ()
    planned: bool = False


def lines(folder: Path = FOLDER) -> dict[str, Line]:
    """Read every line, by id, in the runbook's order; a file that can't be trusted is a UsageError."""
    path = folder / "lines.toml"
    try:
        rows = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, _Row])
    except OSError as trouble:
        raise UsageError(f"runbook lines: wanted a readable file, got {trouble.strerror} at {path}") from trouble
    except (ValueError, RecursionError, msgspec.ValidationError) as trouble:
        raise UsageError(f"runbook lines {path}: {trouble}; its head explains the keys") from trouble
    return {key: _line(key, row) for key, row in rows.items()}


def _line(key: str, row: _Row) -> Line:
    if row.phases[0] in SELECTORS:
        raise UsageError(f"runbook line {key}: wanted a phase first, got {row.phases[0]!r}; selectors come last")
    return Line(
        id=key,
        says=row.says,
        phases=row.phases,
        source=row.source,
        evidence=row.evidence,
        escalation=row.escalation,
        on_violation=row.on_violation,
        limits=Limits(key, row.limits),
        environment=row.environment,
        acts=row.acts,
        corrects=row.corrects,
        planned=row.planned,
    )


def of_phase(phase: str, folder: Path = FOLDER) -> dict[str, Line]:
    """Read the lines that a phase or selector holds, planned ones too."""
    if phase not in PHASES and phase not in SELECTORS:
        raise UsageError(f"phase {phase!r}: wanted one of {', '.join((*PHASES, *SELECTORS))}")
    return {key: line for key, line in lines(folder).items() if phase in line.phases}


def next_step(line: Line, target: Target, outcome: Outcome = Outcome.VIOLATED, phase: str | None = None) -> str:
    """Return the exact next command for a line that does not hold, with the target's own names filled in.

    What could not be told asks for another look, never for a rollback. Pure: nothing is read or run.
    """
    phase = phase or line.phases[0]
    again = shlex.join(["pytest", "-m", phase, "--target", target.name, *(["--act"] if line.acts else [])])
    where = line.environment_in(phase)
    env = target.environments.get(where)
    if outcome is not Outcome.VIOLATED or env is None:
        return again
    if line.id in DECIDED_BY:
        return decide_command(DECIDED_BY[line.id], target)
    return _watched(line.on_violation, target, where) or _command(line.on_violation, env) or again


def decide_command(phase: str, target: Target, folder: Path = FOLDER) -> str:
    """Return the command that runs and decides a phase; `--act` where lines of it change the target."""
    acts = any(line.acts for line in of_phase(phase, folder).values())
    return shlex.join(["gate", "run", phase, "--target", target.name, *(["--act"] if acts else [])])


def _watched(rollback: Rollback, target: Target, where: EnvironmentName) -> str:
    """Return the watched and audited command, "" where there is none: it refuses a profile that may not be acted on."""
    env = target.environments[where]
    if not (target.allows_acting and env.context and isinstance(env.routing, NginxRouting | GatewayRouting | None)):
        return ""
    here = ["--target", target.name, "--env", where, "--act"]
    match rollback:
        case "canary-rollback" | "staged-rollback":
            words = ["gate", "rollback", rollback.removesuffix("-rollback"), *here]
            return shlex.join(words) if env.routing else ""
        case "emergency-rollback":
            return shlex.join(["gate", "rollback", "emergency", *here]) if env.deployments.get("stable") else ""
        case "flags-off":
            off = ["FEATURE_DYNAMIC_PROMPTS=0", "FEATURE_SUGGESTED_ACTIONS=0"]
            return shlex.join(["gate", "flags", "set", *off, *here])
        case "none" | "hold":
            return ""


def _command(rollback: Rollback, env: Environment) -> str:
    match rollback:
        case "canary-rollback":
            return _canary_off(env)
        case "staged-rollback":
            return _canary_down(env)
        case (
            "emergency-rollback"
        ):  # `;`: once the canary is promoted its route is gone, and the flags must not wait for it
            safe = _set(env, "USE_UNIFIED_PIPELINE=0", "CONV_STORE_PRIMARY=mongo", wait=True)
            return "; ".join(part for part in (_canary_off(env), safe) if part)
        case "flags-off":
            return _set(env, "FEATURE_DYNAMIC_PROMPTS=0", "FEATURE_SUGGESTED_ACTIONS=0")
        case "none" | "hold":
            return ""


def _kubectl(env: Environment, *words: str) -> str:
    """Compose one call that can't act on another cluster or namespace than the profile's."""
    where = ["--kubeconfig", env.kubeconfig] if env.kubeconfig else []
    return shlex.join(["kubectl", *where, "--context", env.context, "-n", env.namespace, *words])


def _canary_off(env: Environment) -> str:
    """Weight 0 on the canary's own route; never `canary: "false"`, which makes it a primary."""
    if isinstance(env.routing, GatewayRouting):  # which rule and backend is for whoever reads the route
        return _kubectl(env, "edit", "httproute", env.routing.route)
    if not isinstance(env.routing, NginxRouting):
        return ""
    key = f"{env.routing.annotation_prefix}canary-weight"
    return _kubectl(env, "annotate", "ingress", env.routing.canary, f"{key}=0", "--overwrite")


def _canary_down(env: Environment) -> str:
    """Only the steps below the weight that is set now, and never up."""
    if not isinstance(env.routing, NginxRouting):
        return _canary_off(env)
    key = f"{env.routing.annotation_prefix}canary-weight"
    path = "{.metadata.annotations." + key.replace(".", "\\.") + "}"
    now = _kubectl(env, "get", "ingress", env.routing.canary, "-o", f"jsonpath={path}")
    lower = _kubectl(env, "annotate", "ingress", env.routing.canary, "--overwrite")
    step = f'[ "$to" -lt "$now" ] || continue; {lower} "{key}=$to"; sleep 300'
    return f'now="$({now})"; for to in 75 50 25 10 0; do {step}; done'


def _set(env: Environment, *settings: str, wait: bool = False) -> str:
    name = env.deployments.get("stable")
    if not name or not env.context:
        return ""
    done = [_kubectl(env, "set", "env", f"deployment/{name}", *settings)]
    if wait:
        done.append(_kubectl(env, "rollout", "status", f"deployment/{name}", "--timeout=120s"))
    return " && ".join(done)
