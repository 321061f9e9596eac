"""What a pod is told by its environment: its build, its flags, where its stores are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

StoreName = Literal["redis", "mongo"]
TRUE = frozenset({"1", "true", "yes", "on"})
UNSET_OTHER = "0" * 39 + "1"  # the other build's commit where a fault needs one and the environment has none


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything configurable, with the defaults of a pod started by hand.

    `latency_scale` multiplies every modelled delay (1.0 is realistic, 0 answers at once); `drain_s` is how
    long a terminating pod still takes new requests, so that the ingress can learn that it is going.
    """

    host: str
    port: int
    pod: str
    namespace: str
    environment: str
    version: str
    commit: str
    other_commit: str
    track: str
    seed: int
    latency_scale: float
    drain_s: float
    unified_pipeline: bool
    conv_store_primary: StoreName
    conv_dual_write: bool
    dynamic_prompts: bool
    suggested_actions: bool
    conv_ttl_s: int
    conv_max_turns: int
    rate_limit: int
    render_budget_ms: int
    redis: str
    mongo: str
    dns: str | None
    own: frozenset[str]  # names of the settings that the Deployment itself sets

    @property
    def flags(self) -> dict[str, bool | str]:
        """Return the feature flags as `/version` shows them."""
        return {
            "unified_pipeline": self.unified_pipeline,
            "conv_store_primary": self.conv_store_primary,
            "conv_dual_write": self.conv_dual_write,
            "dynamic_prompts": self.dynamic_prompts,
            "suggested_actions": self.suggested_actions,
        }


def read(env: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment; a value that can't be one ends the start (CrashLoopBackOff) with one clear line."""
    return Settings(
        host=env.get("POD_IP", "127.0.0.1"),
        port=_whole(env, "PORT", 8001, least=1),
        pod=env.get("POD_NAME", "onesource-local"),
        namespace=env.get("POD_NAMESPACE", "default"),
        environment=env.get("ENVIRONMENT", "development"),
        version=env.get("BUILD_VERSION", "v0.0.0"),
        commit=env.get("BUILD_COMMIT", "0" * 40),
        other_commit=env.get("OTHER_COMMIT") or UNSET_OTHER,
        track=env.get("TRACK", ""),
        seed=_whole(env, "SEED", 1),
        latency_scale=_number(env, "LATENCY_SCALE", 1.0),
        drain_s=_number(env, "DRAIN_SECONDS", 0.8),
        unified_pipeline=_flag(env, "USE_UNIFIED_PIPELINE"),
        conv_store_primary=_store(env),
        conv_dual_write=_flag(env, "CONV_DUAL_WRITE", default="0"),
        dynamic_prompts=_flag(env, "FEATURE_DYNAMIC_PROMPTS"),
        suggested_actions=_flag(env, "FEATURE_SUGGESTED_ACTIONS"),
        conv_ttl_s=_whole(env, "CONV_TTL_SECONDS", 2_592_000, least=1),
        conv_max_turns=_whole(env, "CONV_MAX_TURNS", 16, least=1),
        rate_limit=_whole(env, "RATE_LIMIT_PER_USER", 30),
        render_budget_ms=_whole(env, "RENDER_P95_BUDGET_MS", 150),
        redis=env.get("REDIS_HOST", "redis-service"),
        mongo=env.get("MONGO_HOST", "mongodb-service"),
        dns=env.get("SANDBOX_DNS") or None,
        own=frozenset(filter(None, env.get("SANDBOX_OWN_ENV", "").split(","))),
    )


def _flag(env: Mapping[str, str], name: str, default: str = "1") -> bool:
    return env.get(name, default).strip().lower() in TRUE


def _store(env: Mapping[str, str]) -> StoreName:
    given = env.get("CONV_STORE_PRIMARY", "redis").strip().lower()
    if given == "redis" or given == "mongo":  # noqa: PLR1714  the literal type narrows by comparison only
        return given
    raise SystemExit(f"configuration error: CONV_STORE_PRIMARY: want redis or mongo, got {given!r}")


def _whole(env: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    given = env.get(name, "")
    try:
        value = int(given) if given else default
    except ValueError:
        value = -1
    if value < least:
        raise SystemExit(f"configuration error: {name}: want a whole number from {least}, got {given!r}")
    return value


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    given = env.get(name, "")
    try:
        value = float(given) if given else default
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise SystemExit(f"configuration error: {name}: want a number from 0, got {given!r}")
    return value
