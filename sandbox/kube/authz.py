"""Who may do what: bearer tokens stand for users, users carry their rules with them."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.kube.status import ApiError, unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.kube.store import Obj

_READ = ("get", "list", "watch")
_PUBLIC = ("/livez", "/readyz", "/healthz")
DISCOVERY = (
    "/.well-known",
    "/.well-known/*",
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
)
"""Paths any known user may read, as the role system:discovery grants them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request wants to do; `path` only where it is about no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Allows these verbs on these resources of these groups; "*" is any, no namespace is all of them."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    namespace: str = ""

    def allows(self, ask: Ask) -> bool:
        """Tell whether this rule alone permits it."""
        wanted = f"{ask.resource}/{ask.subresource}" if ask.subresource else ask.resource
        return (
            _one_of(ask.verb, self.verbs)
            and _one_of(ask.group, self.groups)
            and _one_of(wanted, self.resources)
            and self.namespace in {"", ask.namespace}
        )


@dataclass(frozen=True, slots=True)
class User:
    """A name and its rights."""

    name: str
    groups: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default=())

    def may(self, ask: Ask) -> bool:
        """Tell whether any rule permits it; discovery and questions about oneself always are."""
        if ask.path:
            known = any(ask.path == p or (p.endswith("*") and ask.path.startswith(p[:-1])) for p in DISCOVERY)
            return (known and ask.verb == "get") or any("*" in r.groups and "*" in r.verbs for r in self.rules)
        if ask.group == "authorization.k8s.io" and ask.resource.startswith("selfsubject"):
            return ask.verb == "create"
        return any(rule.allows(ask) for rule in self.rules)


def _one_of(wanted: str, allowed: tuple[str, ...]) -> bool:
    return "*" in allowed or wanted in allowed


def reader(namespace: str) -> tuple[Rule, ...]:
    """Return what observing needs in one namespace: workloads, routing, logs, pods' own answers; no secret."""
    return (
        Rule(_READ, ("",), ("pods", "services", "configmaps", "events"), namespace),
        Rule(("get", "list"), ("",), ("pods/log",), namespace),
        Rule(("get",), ("",), ("pods/proxy",), namespace),  # a pod's own figures: behind the Service another answers
        Rule(_READ, ("apps",), ("deployments", "replicasets"), namespace),
        Rule(("get",), ("apps",), ("deployments/scale",), namespace),
        Rule(_READ, ("networking.k8s.io",), ("ingresses",), namespace),
        Rule(_READ, ("discovery.k8s.io",), ("endpointslices",), namespace),
        Rule(_READ, ("autoscaling",), ("horizontalpodautoscalers",), namespace),
        Rule(_READ, ("policy",), ("poddisruptionbudgets",), namespace),
        Rule(_READ, ("networking.k8s.io",), ("ingressclasses",)),
        Rule(_READ, ("",), ("namespaces",)),  # a cluster's identity is the uid of kube-system
    )


def actor(namespace: str) -> tuple[Rule, ...]:
    """Return what rolling out and back needs: a reader's rights, deployments and ingresses."""
    return (
        *reader(namespace),
        Rule(("patch", "update"), ("apps",), ("deployments", "deployments/scale"), namespace),
        Rule(("create", "delete", "patch", "update"), ("networking.k8s.io",), ("ingresses",), namespace),
    )


def ingress_controller() -> tuple[Rule, ...]:
    """Return what an ingress controller's ClusterRole grants."""
    return (
        Rule(_READ, ("",), ("services", "endpoints", "secrets", "configmaps", "namespaces", "nodes", "pods")),
        Rule(_READ, ("discovery.k8s.io",), ("endpointslices",)),
        Rule(_READ, ("networking.k8s.io",), ("ingresses", "ingressclasses")),
        Rule(("update", "patch"), ("networking.k8s.io",), ("ingresses/status",)),
        Rule(("create", "patch"), ("", "events.k8s.io"), ("events",)),
    )


def admin() -> tuple[Rule, ...]:
    """Return everything."""
    return (Rule(("*",), ("*",), ("*",)),)


def authenticate(users: Mapping[str, User], header: str, path: str) -> User:
    """Return the user of an Authorization header; 401 for none or an unknown one (health needs no user)."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() == "bearer":
        for known, user in users.items():
            if hmac.compare_digest(known.encode(), token.strip().encode()):
                return user
    if not header and path.partition("?")[0] in {*_PUBLIC, "/version"}:
        return User("system:anonymous", ("system:unauthenticated",))
    raise unauthorized()


def authorize(user: User, ask: Ask) -> None:
    """Raise 403, in Kubernetes' words, unless the user may do it."""
    if not user.may(ask):
        raise forbidden(user.name, ask)


def forbidden(user: str, ask: Ask) -> ApiError:
    """403: who wanted what, where."""
    if ask.path:
        message = f'forbidden: User "{user}" cannot {ask.verb} path "{ask.path}"'
        return ApiError(403, "Forbidden", message, {})
    what = f"{ask.resource}/{ask.subresource}" if ask.subresource else ask.resource
    qualified = f"{ask.resource}.{ask.group}" if ask.group else ask.resource
    named = f' "{ask.name}"' if ask.name else ""
    where = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
    message = (
        f'{qualified}{named} is forbidden: User "{user}" cannot {ask.verb} resource "{what}" '
        f'in API group "{ask.group}" {where}'
    )
    details: Obj = {"name": ask.name, "group": ask.group, "kind": ask.resource}
    return ApiError(403, "Forbidden", message, {key: value for key, value in details.items() if value})


def access_review(user: User, spec: Obj) -> Obj:
    """Answer a SelfSubjectAccessReview: its spec again and whether that is allowed."""
    asked: Obj = spec.get("resourceAttributes") or {}
    if asked:
        ask = Ask(
            asked.get("verb", ""),
            asked.get("group", ""),
            asked.get("resource", ""),
            asked.get("subresource", ""),
            asked.get("namespace", ""),
            asked.get("name", ""),
        )
    else:
        path: Obj = spec.get("nonResourceAttributes") or {}
        ask = Ask(path.get("verb", ""), path=path.get("path", "") or "/")
    return {"allowed": user.may(ask)}


def rules_review(user: User, namespace: str) -> Obj:
    """Answer a SelfSubjectRulesReview: the rules that hold in one namespace."""
    held = [rule for rule in user.rules if rule.namespace in {"", namespace}]
    rows: list[Obj] = [
        {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)} for rule in held
    ]
    rows += [
        {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": [name]}
        for name in ("selfsubjectaccessreviews", "selfsubjectrulesreviews")
    ]
    paths: list[Obj] = [{"verbs": ["get"], "nonResourceURLs": list(DISCOVERY)}]
    if any("*" in rule.groups and "*" in rule.verbs for rule in user.rules):
        paths.insert(0, {"verbs": ["*"], "nonResourceURLs": ["*"]})
    return {"resourceRules": rows, "nonResourceRules": paths, "incomplete": False}
