"""The profile of a target: where it is, what it should be, how to read it. Frozen, typed, strict.

A profile is TOML in targets/NAME.toml (docs/profiles.md lists every key). An unknown key, a wrong type or a
missing file is one line and exit 4: a typo in a gate's configuration must never widen the gate.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from harness.errors import UsageError
from harness.observe.logs.fields import Fields
from harness.ui import Ui

FOLDER = Path(__file__).parent.parent / "targets"

Arm = Literal["stable", "canary"]
ARMS: tuple[Arm, Arm] = ("stable", "canary")

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Watched = Literal["staging", "canary", "postdeploy", "troubleshoot"]
WATCHED_S: Mapping[Watched, float] = {
    "staging": 172_800.0,
    "canary": 86_400.0,
    "postdeploy": 172_800.0,
    "troubleshoot": 600.0,
}
"""For how long a phase is watched: the runbook's 48 h, 24 h, 48 h; ten minutes are enough for a diagnosis."""


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict by default."""


class Launch(_Struct, frozen=True):
    """A target that the harness starts and stops itself (the embedded sandbox).

    The command's first line of output is JSON with `url`, `staging_url`, `kubeconfig`, `pid` and
    `cluster_uids` {staging, production}; they fill the environments, as do `token_file`, `act_kubeconfig`,
    `rollback_script` and `around` where it says them. `{python}` is this interpreter.
    The process ends when its standard input closes.
    """

    command: tuple[str, ...]
    within_s: float = 60.0
    by_phase: Mapping[str, tuple[str, ...]] = msgspec.field(
        default_factory=dict[str, tuple[str, ...]]
    )  # further words where that phase alone is asked for


class Build(_Struct, frozen=True):
    """What an arm should be running: the image digest in the cluster and the commit its answers name."""

    digest: str
    commit: str
    image: str = ""  # as a Deployment names it; needed to promote
    version: str = ""  # as the change log names it


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


class Prometheus(_Struct, frozen=True):
    """A Prometheus server that scrapes the product; `selector` picks its series, without braces."""

    url: str
    selector: str = ""
    step_s: Seconds = 60.0
    token_file: str = ""


class Monitor(_Struct, frozen=True):
    """One address that people watch a rollout by: a dashboard, a metrics document, a Prometheus text.

    `{url}` and `{around}` in the address are filled in. `carries` are JSON locations (json) or names that must stand in
    the text (text, page); `timestamp` is where a JSON document says when it was made.
    """

    name: str
    url: str
    kind: Literal["json", "text", "page"] = "json"
    carries: tuple[str, ...] = ()
    timestamp: str = "timestamp"
    every_s: Seconds = 15.0  # how often it is renewed: fresh is younger than three times that, or moving


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
    token_file: str = ""  # bearer tokens of synthetic users, one a line, read again when it changes; never in a profile
    redis: str = ""  # the product's Redis as it can be reached from here: host:port, or service/NAME:PORT
    prometheus: Prometheus | None = None
    baseline: str = ""  # figures of before the rollout, as `gate evidence baseline` writes them
    act_kubeconfig: str = ""  # whoever acts; empty: `kubeconfig`. Verification reads with the weaker one
    rollback_script: tuple[str, ...] = ()  # {namespace}, {deployment}, {reason} are filled in; KUBECONFIG is set for it
    flags: Mapping[str, str] = msgspec.field(
        default_factory=dict[str, str]
    )  # what each flag must be here, by its env name
    monitors: tuple[Monitor, ...] = ()


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


class Watch(_Struct, frozen=True):
    """How a phase is watched: for how long, in windows of which length, judged in which slices.

    `for_s` None is the runbook's length; only a rehearsal may be shorter. A hole longer than `largest_gap_s`
    restarts the soak clock. `late_s` and `late_share`: how late our own traffic may leave before a slice of it
    says nothing about the target. `ends_on_violation`: staging's and the canary's watch end at the first violated SLO.
    """

    for_s: Seconds | None = None
    window_s: Seconds = 60.0
    slice_s: Seconds = 300.0
    largest_gap_s: Seconds = 600.0
    late_s: Seconds = 0.05
    late_share: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.01
    ends_on_violation: bool = True
    requests_per_s: Seconds | None = None  # of our own traffic in this phase, where it is not load.requests_per_s


class Load(_Struct, frozen=True):
    """Synthetic traffic while a phase is watched; in production on each arm."""

    requests_per_s: Seconds = 1.0
    in_flight: int = 64  # the declared cap: a request above it is an error, not a wait
    timeout_s: Seconds = 10.0
    at_once: int = 10  # users at the same time whom the product must bear
    at_once_every_s: Seconds = 60.0
    think_s: float = 2.0  # between an answer and the next question of a conversation
    seed: int = 1


class Documents(_Struct, frozen=True):
    """The product's own metrics documents: where they are, and where in them each figure is.

    Every location has several candidates, the first that is there counts. `through` pods: each pod's own, through
    the Kubernetes API, since one address in front of several pods answers with another pod's counters each time.
    """

    paths: tuple[str, ...] = ("/api/metrics/observability",)
    through: Literal["pods", "address"] = "pods"
    port: int = 8001  # of a pod
    every_s: Seconds = 15.0
    timestamp: tuple[str, ...] = ("timestamp",)
    uptime_s: tuple[str, ...] = ("uptime_seconds",)
    validated: tuple[str, ...] = ("schema.responses_validated_total", "schema_validation.responses_validated_total")
    repaired: tuple[str, ...] = ("schema.schema_repairs_total", "schema_validation.schema_repairs_total")
    saved: tuple[str, ...] = ("persistence.persistence_success",)
    unsaved: tuple[str, ...] = ("persistence.persistence_errors",)
    repair_percent: tuple[str, ...] = ("schema.repair_rate_percent", "schema_validation.repair_rate_percent")
    unsaved_percent: tuple[str, ...] = ("persistence.error_rate_percent",)
    p95_ms: tuple[str, ...] = ("latency.regular.p95_ms",)
    enhanced_p95_ms: tuple[str, ...] = ("latency.enhanced.p95_ms",)
    delta_p95_ms: tuple[str, ...] = ("latency.delta.p95_ms",)
    alerts: tuple[str, ...] = ("alerts.active_alerts",)


class Alerts(_Struct, frozen=True):
    """Which alerts are only warnings; any other that fires counts as a page."""

    warnings: tuple[str, ...] = ("SchemaRepairsHigh", "LatencyDeltaHigh", "HighLatency", "LowUserEngagement")


class Logs(_Struct, frozen=True):
    """The pods whose logs are read, what their lines are called, and when a session is over."""

    selector: str = "app=onesource,component=backend"
    fields: Fields = Fields()
    idle_s: Seconds = 1800.0  # a session without a request for so long has ended


class Answers(_Struct, frozen=True):
    """How an answer that is no answer reads: texts (any case) that stand for "not now"."""

    apologies: tuple[str, ...] = (
        "try again later",
        "unable to answer",
        "unable to process",
        "something went wrong",
        "temporarily unavailable",
        "can't help with that right now",
    )
    unified: str = "summary"  # a field that only answers of the unified pipeline carry


class Flag(_Struct, frozen=True):
    """A feature flag: its env name, where `/version` shows it, and by what behaviour it can be told."""

    env: str
    shown: tuple[str, ...] = ()  # JSON locations in the version document, the first that is there counts
    shows: Literal["none", "unified", "examples", "actions"] = "none"


FLAGS = (
    Flag("USE_UNIFIED_PIPELINE", ("feature_flags.unified_pipeline", "flags.unified_pipeline"), "unified"),
    Flag("CONV_STORE_PRIMARY", ("feature_flags.conv_store_primary", "flags.conv_store_primary")),
    Flag("CONV_DUAL_WRITE", ("feature_flags.conv_dual_write", "flags.conv_dual_write")),
    Flag("FEATURE_DYNAMIC_PROMPTS", ("feature_flags.dynamic_prompts", "flags.dynamic_prompts"), "examples"),
    Flag("FEATURE_SUGGESTED_ACTIONS", ("feature_flags.suggested_actions", "flags.suggested_actions"), "actions"),
)


class Acting(_Struct, frozen=True):
    """Drills and rollouts: what is safe, who asks meanwhile, and for how long each step is watched.

    Only a rehearsal may watch a step for less than the runbook's five and fifteen minutes.
    """

    safe: Mapping[str, str] = msgspec.field(
        default_factory=lambda: {"USE_UNIFIED_PIPELINE": "0", "CONV_STORE_PRIMARY": "mongo"}
    )  # the flags of an emergency rollback, by env name
    asks_per_s: Annotated[float, msgspec.Meta(ge=20)] = 20.0  # of the users' stream: less can't time a change
    rollout_asks_per_s: Annotated[float, msgspec.Meta(ge=20)] = 20.0
    conversations: Annotated[int, msgspec.Meta(ge=1)] = 12  # that must be remembered
    staged_step_s: Seconds = 300.0
    rollout_step_s: Seconds = 900.0
    settle_s: Seconds = 3.0  # the new state must have held for so long before it is believed
    patience_s: Seconds = 300.0  # for a change to be seen by users, or a Deployment to roll
    drill_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 60  # a drill's canary starts here
    after_rollout: Literal["stay", "restore"] = "stay"  # restore: a rehearsal's rollout is taken back at its end


class Notify(_Struct, frozen=True):
    """Who is told at once: the name of the environment variable that holds the addresses, never an address."""

    url_env: Annotated[str, msgspec.Meta(pattern=r"^([A-Z_][A-Z0-9_]*)?$")] = ""


class Decisions(_Struct, frozen=True):
    """Earlier decisions and signed statements that lines rely on, and whose signatures count."""

    folder: str = "../reports"  # run folders with verdict.intoto.json in them; relative to the profile
    attestations: str = "../reports/attestations"
    keys: tuple[str, ...] = ("../reports/keys/gate.pub",)


class Checklist(_Struct, frozen=True):
    """What the full rollout's checklist reads. `{around}` and `{version}` are filled in."""

    changelog: str = ""  # a file, relative to the profile, or an address
    receipts: str = ""  # address that lists delivered notifications as JSON: [{"build", "at", "channel"}]
    roster: str = ""  # address of who is on call: {"L1": "name", ...}; where it answers, it alone counts


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
    watch: Mapping[Watched, Watch] = msgspec.field(default_factory=dict[Watched, Watch])
    load: Load = Load()
    metrics: Documents = Documents()
    alerts: Alerts = Alerts()
    logs: Logs = Logs()
    answers: Answers = Answers()
    escalation: Escalation = Escalation()
    flags: tuple[Flag, ...] = FLAGS
    acting: Acting = Acting()
    decisions: Decisions = Decisions()
    checklist: Checklist = Checklist()
    ui: Ui = Ui()
    notify: Notify = Notify()
    around: str = ""  # the team's other services: dashboards, change log, roster; a started target says where

    def watched(self, phase: Watched) -> Watch:
        """Return how a phase is watched, its length filled in."""
        given = self.watch.get(phase, Watch())
        return given if given.for_s is not None else msgspec.structs.replace(given, for_s=WATCHED_S[phase])


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
    except (OSError, ValueError) as trouble:
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
        why = getattr(trouble, "strerror", None) or trouble
        raise UsageError(
            f"target profile {name_or_file!r}: wanted a readable TOML file, got {why} "
            f"at {path}; known profiles: {known}; give one of them or a path with --target"
        ) from trouble
    return _beside(parse(text, where=str(path)), path.parent)


def _beside(target: Target, folder: Path) -> Target:
    """Find files that a profile names without a folder beside the profile."""
    found = {
        name: msgspec.structs.replace(one, baseline=str(folder.absolute() / one.baseline) if one.baseline else "")
        for name, one in target.environments.items()
    }
    kept = target.decisions
    decisions = msgspec.structs.replace(
        kept,
        folder=str(folder.absolute() / kept.folder),
        attestations=str(folder.absolute() / kept.attestations),
        keys=tuple(str(folder.absolute() / key) for key in kept.keys),
    )
    log = target.checklist.changelog
    if log and "://" not in log and not log.startswith("{"):
        log = str(folder.absolute() / log)
    checklist = msgspec.structs.replace(target.checklist, changelog=log)
    return msgspec.structs.replace(target, environments=found, decisions=decisions, checklist=checklist)


def parse(text: str, where: str) -> Target:
    """Check a profile's text; `where` names it in the error."""
    try:
        return _allowed(msgspec.convert(tomllib.loads(text), Target), where)
    except tomllib.TOMLDecodeError as trouble:
        raise UsageError(
            f"target profile {where}: wanted TOML, got a syntax error: {trouble}; mend the file"
        ) from trouble
    except (msgspec.ValidationError, ValueError, RecursionError) as trouble:
        raise UsageError(
            f"target profile {where}: {trouble}; docs/profiles.md lists the keys and their types"
        ) from trouble


def _allowed(target: Target, where: str) -> Target:
    """Refuse to call a shorter watch the runbook's, unless it is a rehearsal."""
    for key, wanted in (("staged_step_s", 300.0), ("rollout_step_s", 900.0)):
        got = float(getattr(target.acting, key))
        if got < wanted and not target.rehearsal:
            raise UsageError(
                f"target profile {where}: acting.{key}: wanted at least {wanted:.0f} s, the runbook's, got {got:g}; "
                "only a rehearsal is shorter, leave the key out"
            )
    for phase, watch in target.watch.items():
        wanted, got = WATCHED_S[phase], target.watched(phase).for_s or 0.0
        if got < wanted and not target.rehearsal and phase != "troubleshoot":
            raise UsageError(
                f"target profile {where}: watch.{phase}.for_s: wanted at least {wanted:.0f} s, the runbook's, "
                f"got {got:g}; only a rehearsal is shorter, leave the key out"
            )
        if not all(map(math.isfinite, (got, watch.window_s, watch.slice_s))):
            raise UsageError(f"target profile {where}: watch.{phase}: wanted finite numbers; change them")
        whole = math.isclose(watch.slice_s / watch.window_s, round(watch.slice_s / watch.window_s), abs_tol=1e-9)
        if not (watch.window_s <= watch.slice_s <= got and whole):
            raise UsageError(
                f"target profile {where}: watch.{phase}: wanted window_s <= slice_s <= for_s, a slice of whole "
                f"windows, got {watch.window_s:g}, {watch.slice_s:g}, {got:g}; change them"
            )
    return target


def launched(target: Target, said: Mapping[str, object]) -> Target:
    """Fill in what a started target said about itself (see Launch)."""
    urls = {"production": said["url"], "staging": said["staging_url"]}
    uids = said["cluster_uids"]
    filled = msgspec.to_builtins(target)
    for name, env in filled["environments"].items():
        env["url"] = urls[name]
        env["kubeconfig"] = said["kubeconfig"]
        env["cluster_uid"] = uids[name] if isinstance(uids, dict) else ""
        env["token_file"] = said.get("token_file", "")
        env["act_kubeconfig"] = said.get("act_kubeconfig", "")
        env["rollback_script"] = said.get("rollback_script", [])
    filled["around"] = said.get("around", "")
    return msgspec.convert(filled, Target)
