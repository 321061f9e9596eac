"""A target's own names, as the right commands need them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.target import Environment, NginxRouting

if TYPE_CHECKING:
    from harness.runbook import EnvironmentName
    from harness.target import Target


ENVIRONMENTS: tuple[EnvironmentName, ...] = ("production", "staging")  # the first is meant where nothing is said


@dataclass(frozen=True, slots=True)
class Names:
    """What one environment calls things; "" where the profile does not say."""

    target: Target
    profile: str  # as --target takes it
    environment: EnvironmentName
    env: Environment

    @property
    def kubectl(self) -> str:
        """The beginning of every command here."""
        context = f" --context {shlex.quote(self.env.context)}" if self.env.context else ""
        return f"kubectl{context} -n {shlex.quote(self.env.namespace)}"

    @property
    def deployment(self) -> str:
        """The stable arm's Deployment."""
        return self.env.deployments.get("stable", "") or "<deployment>"

    @property
    def primary(self) -> str:
        """The Ingress that everybody goes through."""
        return self.env.routing.primary if isinstance(self.env.routing, NginxRouting) else ""

    @property
    def canary(self) -> str:
        """The canary's own Ingress."""
        return self.env.routing.canary if isinstance(self.env.routing, NginxRouting) else ""

    @property
    def prefix(self) -> str:
        """What the routing annotations begin with."""
        routing = self.env.routing
        return (
            routing.annotation_prefix if isinstance(routing, NginxRouting) else NginxRouting("", "").annotation_prefix
        )

    @property
    def url(self) -> str:
        """The product's address, without a password that somebody put into it."""
        scheme, sep, rest = (self.env.url or "https://<address>").rstrip("/").rpartition("://")
        return scheme + sep + rest.rpartition("@")[2]

    def annotate(self, *settings: str) -> str:
        """Return the command that sets annotations of the canary's Ingress."""
        notes = " ".join(shlex.quote(self.prefix + setting) for setting in settings)
        return f"{self.kubectl} annotate --overwrite ingress/{self.canary or '<canary-ingress>'} {notes}"

    def gate(self, words: str) -> str:
        """Return a command of the gate for this environment's target."""
        refused = "--act" in words and not self.target.allows_acting
        needs = " # refused until the profile says allows_acting = true" if refused else ""
        return f"gate {words} --target {shlex.quote(self.profile)} --env {self.environment}{needs}"


@dataclass(frozen=True, slots=True)
class Known:
    """All environments of a target; a command is about the one whose context or namespace it names."""

    target: Target
    profile: str

    def of(self, context: str = "", namespace: str = "") -> Names:
        """Return the names of the environment that a command means, production where it does not say."""
        found = self.target.environments
        order: tuple[EnvironmentName, ...] = tuple(name for name in ENVIRONMENTS if name in found)
        for name in order:
            if context and found[name].context == context:
                return self.named(name)
        for name in order:
            if namespace and found[name].namespace == namespace:
                return self.named(name)
        return self.named(order[0]) if order else Names(self.target, self.profile, "production", Environment())

    def named(self, environment: EnvironmentName) -> Names:
        """Return the names of one environment."""
        return Names(self.target, self.profile, environment, self.target.environments[environment])
