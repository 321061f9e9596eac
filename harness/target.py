"""The profile of a target: where it is, what it should be, how to read it. Frozen, typed, strict.

A profile is TOML in targets/NAME.toml (docs/profiles.md lists every key). An unknown key, a wrong type or a
missing file is one line and exit 4: a typo in a gate's configuration must never widen the gate.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import UsageError

FOLDER = Path(__file__).parent.parent / "targets"

Arm = Literal["stable", "canary"]
ARMS: tuple[Arm, Arm] = ("stable", "canary")


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict by default."""


class Launch(_Struct, frozen=True):
    """A target that the harness starts and stops itself (the embedded sandbox).

    The command's first line of output is JSON with `url`, `staging_url`, `kubeconfig`, `pid` and
    `cluster_uids` {staging, production}; they fill the environments. `{python}` is this interpreter.
    The process ends when its standard input closes.
    """

    command: tuple[str, ...]
    within_s: float = 60.0


class Build(_Struct, frozen=True):
    """What an arm should be running: the image digest in the cluster and the commit its answers name."""

    digest: str
    commit: str


class ArmFrom(_Struct, frozen=True):
    """Where an answer says which build gave it. `kind` none: every figure per arm is UNKNOWN."""

    kind: Literal["header", "body", "none"] = "header"
    header: str = "X-Onesource-Version"
    body: tuple[str, ...] = ("version.git_commit", "git_commit")  # JSON locations, first that is there


class NginxRouting(_Struct, frozen=True, tag="nginx-ingress", tag_field="kind"):
    """Canary by ingress-nginx annotations (also Traefik's provider for them)."""

    primary: str
    canary: str
    annotation_prefix: str = "nginx.ingress.kubernetes.io/"
    classes: tuple[str, ...] = ("k8s.io/ingress-nginx",)  # controllers that make an IngressClass valid here


class GatewayRouting(_Struct, frozen=True, tag="gateway-api", tag_field="kind"):
    """Canary by weights and header matches of one Gateway API HTTPRoute."""

    route: str
    stable_service: str
    canary_service: str


class UrlPairRouting(_Struct, frozen=True, tag="url-pair", tag_field="kind"):
    """No cluster access: each arm has an address of its own; the split itself cannot be measured."""

    stable_url: str
    canary_url: str


class Pins(_Struct, frozen=True):
    """How test users choose an arm: header and cookie, each with its value for canary and for stable."""

    header: str = "X-Canary"
    header_canary: str = "always"
    header_stable: str = "never"
    cookie: str = "canary"
    cookie_canary: str = "always"
    cookie_stable: str = "never"


class Environment(_Struct, frozen=True):
    """One cluster and namespace with the product in it."""

    url: str = ""
    kubeconfig: str = ""  # empty: the client's own rules (KUBECONFIG, ~/.kube/config)
    context: str = ""  # empty: no cluster access
    namespace: str = "default"
    cluster_uid: str = ""  # uid of the namespace kube-system: pins the cluster; empty pins nothing, so nothing is MET
    deployments: Mapping[Arm, str] = msgspec.field(default_factory=dict[Arm, str])
    routing: NginxRouting | GatewayRouting | UrlPairRouting | None = None
    pins: Pins = Pins()


class Api(_Struct, frozen=True):
    """Paths of the product's API; several candidates mean "the first that answers in the right shape"."""

    version: tuple[str, ...] = ("/version", "/api/version")
    health: tuple[str, ...] = ("/healthz", "/api/health")
    ready: tuple[str, ...] = ("/readyz",)
    ask: str = "/api/chat/ask"
    ask_enhanced: str = "/api/chat/ask-enhanced"


class Probes(_Struct, frozen=True):
    """How much is asked, and how fast. Numbers of samples follow from the judges, not from here."""

    rate_per_s: float = 50.0  # of plain asks; a target's rate limit must allow it
    in_flight: int = 16
    timeout_s: float = 5.0
    pinned_asks: int = 60  # zero misses in 59 bound the share of misses below 5% (95%)
    conversations: int = 12  # pinned ones, per way of pinning
    turns: int = 5
    users: int = 0  # synthetic users with a cookie jar that talk all the while
    patience_s: float = 300.0  # until the planned evidence must be there


class Escalation(_Struct, frozen=True):
    """Who is called at each level."""

    owners: Mapping[Literal["L1", "L2", "L3", "lead"], str] = msgspec.field(
        default_factory=dict[Literal["L1", "L2", "L3", "lead"], str]
    )


class Target(_Struct, frozen=True):
    """Everything the harness knows about one target."""

    name: str
    environments: Mapping[Literal["staging", "production"], Environment]
    rehearsal: bool = False  # decisions about it never count elsewhere
    allows_acting: bool = False
    launch: Launch | None = None
    builds: Mapping[Arm, Build] = msgspec.field(default_factory=dict[Arm, Build])
    arm_from: ArmFrom = ArmFrom()
    api: Api = Api()
    probes: Probes = Probes()
    escalation: Escalation = Escalation()


def locate(name_or_file: str, folder: Path = FOLDER) -> Path:
    """Return the profile's file: a path as given, or a name in targets/."""
    given = Path(name_or_file)
    if given.suffix == ".toml" or given.parent != Path():
        return given
    return folder / f"{name_or_file}.toml"


def load(name_or_file: str, folder: Path = FOLDER) -> Target:
    """Read and check a profile, or raise UsageError with one line."""
    path = locate(name_or_file, folder)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as trouble:
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
        raise UsageError(
            f"target profile {name_or_file!r}: wanted a readable TOML file, got {trouble.strerror or trouble} "
            f"at {path}; known profiles: {known}; give one of them or a path with --target"
        ) from trouble
    return parse(text, where=str(path))


def parse(text: str, where: str) -> Target:
    """Check a profile's text; `where` names it in the error."""
    try:
        return msgspec.convert(tomllib.loads(text), Target)
    except tomllib.TOMLDecodeError as trouble:
        raise UsageError(
            f"target profile {where}: wanted TOML, got a syntax error: {trouble}; mend the file"
        ) from trouble
    except msgspec.ValidationError as trouble:
        raise UsageError(
            f"target profile {where}: {trouble}; docs/profiles.md lists the keys and their types"
        ) from trouble


def launched(target: Target, said: Mapping[str, object]) -> Target:
    """Fill in what a started target said about itself (see Launch)."""
    urls = {"production": said["url"], "staging": said["staging_url"]}
    uids = said["cluster_uids"]
    filled = msgspec.to_builtins(target)
    for name, env in filled["environments"].items():
        env["url"] = urls[name]
        env["kubeconfig"] = said["kubeconfig"]
        env["cluster_uid"] = uids[name] if isinstance(uids, dict) else ""
    return msgspec.convert(filled, Target)
