"""Whether a target may be changed from here: asked before the first write, and answered with one line if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.act.kube import ActError, Kube, MissingError, Ref
from harness.act.objects import SHOWN
from harness.errors import UsageError
from harness.target import GatewayRouting, NginxRouting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.act.audit import Audit
    from harness.act.kube import Resource
    from harness.runbook import EnvironmentName
    from harness.target import Environment, Target

_WAY_BACK: dict[str, tuple[str, ...]] = {"patch": ("get", "patch", "update"), "delete": ("get", "delete", "create")}
"""What a change needs with it, so that nothing is changed that can't be put back."""


class RefusedError(UsageError):
    """Acting is not allowed here; nothing was written."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The right to change one environment: only `permit` makes it, everything that writes asks for it."""

    target: Target
    where: EnvironmentName
    environment: Environment
    kube: Kube
    audit: Audit
    dry_run: bool = False

    @property
    def place(self) -> str:
        """Name the environment as the audit does: "target/environment"."""
        return f"{self.target.name}/{self.where}"

    @property
    def shown(self) -> frozenset[str]:
        """Return the settings whose values may stand in the audit: the flags that the profile names."""
        named = {flag.env for flag in self.target.flags}
        return SHOWN | named | set(self.target.acting.safe) | set(self.environment.flags)


def permit(
    target: Target,
    where: EnvironmentName,
    audit: Audit,
    *,
    act: bool,
    dry_run: bool = False,
    needs: tuple[tuple[str, Resource], ...] = (("patch", "deployments"), ("patch", "ingresses")),
) -> Permit:
    """Return the permit, or raise RefusedError with one line.

    Refused: without `act` (unless `dry_run`), by a profile without allows_acting, without a pinned cluster uid, on a
    cluster with another uid, without the rights that are needed, in a namespace without the profile's Deployments.
    What is needed to put back belongs to a right: who may only patch is refused as well.
    """
    environment = _profiled(target, where, act=act or dry_run)
    place = f"{target.name}/{where}"
    try:
        kube = Kube(environment)
        uid = kube.uid()
        if uid != environment.cluster_uid:
            do = "the context reaches another cluster: change nothing until you know why"
            raise _refused(place, f"the pinned cluster uid {environment.cluster_uid}", uid, do)
        _deployed(kube, environment, place)
        _entitled(kube, environment, place, needs)
    except ActError as trouble:
        raise RefusedError(f"{place}: refused to change anything: {trouble}") from trouble
    return Permit(target, where, environment, kube, audit, dry_run)


def _refused(place: str, wanted: str, got: str, do: str) -> RefusedError:
    return RefusedError(f"{place}: refused to change anything: wanted {wanted}, got {got}; {do}")


def _profiled(target: Target, where: EnvironmentName, *, act: bool) -> Environment:
    """Return the environment, if command line and profile allow to act on it."""
    place = f"{target.name}/{where}"
    environment = target.environments.get(where)
    if not act:
        raise _refused(place, "--act", "none", "add --act to change the target, or --dry-run to see what would change")
    if not target.allows_acting:
        do = "set it in the profile if whoever owns the target agrees"
        raise _refused(place, "allows_acting = true", "a profile that forbids acting", do)
    if environment is None:
        known = ", ".join(sorted(target.environments)) or "none"
        raise _refused(place, "an environment of the profile", f"{where} (known: {known})", "mend --env or the profile")
    if not environment.context:
        do = f"name it in the profile: environments.{where}.context"
        raise _refused(place, "a context of the kubeconfig", "none", do)
    if not environment.cluster_uid:
        read = "kubectl get namespace kube-system -o jsonpath={.metadata.uid}"
        do = f"pin the cluster that you mean: environments.{where}.cluster_uid, read with {read}"
        raise _refused(place, "a pinned cluster uid", "none", do)
    return environment


def _deployed(kube: Kube, environment: Environment, place: str) -> None:
    """Refuse a namespace in which the profile's Deployments are not."""
    if not environment.deployments:
        do = "name them in the profile: deployments = { stable = ..., canary = ... }"
        raise _refused(place, "the product's Deployments to know the namespace by", "none named", do)
    for name in environment.deployments.values():
        try:
            _ = kube.get(Ref("deployments", name))
        except MissingError:
            do = f"mend the profile's namespace or deployments; see: {kube.kubectl('get', 'deployments')}"
            wanted = f"deployment/{name} in namespace {environment.namespace}"
            raise _refused(place, wanted, "no such Deployment", do) from None


def _entitled(kube: Kube, environment: Environment, place: str, needs: tuple[tuple[str, Resource], ...]) -> None:
    """Refuse credentials that lack a right, that to put back included."""
    rights = dict.fromkeys(right for need in needs for right in _rights(environment, *need))
    lacking = [right for right in rights if not kube.may(*right)]
    if lacking:
        verb, resource, name = lacking[0]
        what = ", ".join(f"{verb} {resource}{f'/{name}' if name else ''}" for verb, resource, name in lacking)
        check = kube.kubectl("auth", "can-i", verb, f"{resource}/{name}" if name else resource)
        do = f"use an act_kubeconfig that may, or have a Role bound; check with: {check}"
        raise _refused(place, f"{len(rights)} rights in namespace {environment.namespace}", f"not: {what}", do)


def _rights(environment: Environment, verb: str, resource: Resource) -> Iterator[tuple[str, Resource, str]]:
    """Return the single rights behind one need, for each object by name: a Role may be limited to names."""
    for each in _WAY_BACK.get(verb, (verb,)):
        named = each != "create"  # what is not there yet has no name to limit a Role to
        for name in _names(environment, resource) if named else ("",):
            yield each, resource, name


def _names(environment: Environment, resource: Resource) -> tuple[str, ...]:
    """Return the objects that acting changes; an empty name where the profile names none."""
    routing = environment.routing
    if resource == "deployments":
        return tuple(environment.deployments.values())
    if resource == "ingresses" and isinstance(routing, NginxRouting):
        return (routing.canary,)
    if resource == "httproutes" and isinstance(routing, GatewayRouting):
        return (routing.route,)
    return ("",)
