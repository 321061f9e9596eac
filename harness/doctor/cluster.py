"""Is the cluster there, is it the pinned one, may we read it, and are the objects in it that we watch?"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kubernetes import client, config
from urllib3.exceptions import HTTPError, MaxRetryError

from harness.doctor.finding import Finding, missing, ok, warning
from harness.target import GatewayRouting, NginxRouting, UrlPairRouting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.target import Environment

TIMEOUT_S = 3.0  # per request


class Right(NamedTuple):
    """A verb on a resource of an API group; `cluster` when it is not about one namespace."""

    verb: str
    group: str
    resource: str
    cluster: bool = False

    def __str__(self) -> str:
        """Read as `kubectl auth can-i` takes it."""
        return f"{self.verb} {self.resource}{f'.{self.group}' if self.group else ''}"


READS = (
    Right("get", "", "namespaces", cluster=True),
    Right("list", "", "pods"),
    Right("list", "", "services"),
    Right("get", "apps", "deployments"),
    Right("list", "apps", "replicasets"),
    Right("list", "discovery.k8s.io", "endpointslices"),
)
READS_NGINX = (
    Right("list", "networking.k8s.io", "ingresses"),
    Right("list", "networking.k8s.io", "ingressclasses", cluster=True),
)
READS_GATEWAY = (Right("get", "gateway.networking.k8s.io", "httproutes"),)
READS_LATER = (Right("get", "", "pods/log"), Right("list", "", "configmaps"), Right("list", "", "events"))
WRITES = (Right("patch", "apps", "deployments"),)
WRITES_NGINX = (Right("patch", "networking.k8s.io", "ingresses"), Right("delete", "networking.k8s.io", "ingresses"))
WRITES_GATEWAY = (Right("patch", "gateway.networking.k8s.io", "httproutes"),)


def check(name: str, env: Environment, where: str, *, acting: bool, environ: Mapping[str, str]) -> list[Finding]:
    """Look into one environment's cluster with the official client, as far as each step lets the next begin."""
    what = f"{name}: cluster"
    if not env.context:
        say = warning if isinstance(env.routing, UrlPairRouting) else missing
        got = "no context: wiring, builds and the cluster's identity stay UNKNOWN"
        return [say(what, wanted="access to the cluster", got=got, where=f"{where}.context", do="name a context")]
    access, refused = _client(name, env, where, environ)
    if access is None:
        return [refused] if env.cluster_uid else [refused, _unpinned(name, env, where, "none")]
    with access:
        identity = _identity(name, access, env, where)
        if identity.got.startswith(_NO_ANSWER):
            return [refused, identity]
        rights = _rights(name, access, env, where, acting=acting)
        return [refused, identity, *rights, *_objects(name, access, env, where)]


_NO_ANSWER = "no answer: "


def _client(
    name: str, env: Environment, where: str, environ: Mapping[str, str]
) -> tuple[client.ApiClient | None, Finding]:
    """Return a client for the environment's context and what to say about it."""
    what = f"{name}: kubeconfig"
    file = env.kubeconfig or environ.get("KUBECONFIG", "") or str(Path.home() / ".kube" / "config")
    do = "log in to the cluster, point KUBECONFIG or the profile's `kubeconfig` at the file, or mend `context`"
    wanted = f"the context {env.context!r}"
    settings = client.Configuration()
    settings.retries = 0
    settings.proxy = environ.get("HTTPS_PROXY") or environ.get("https_proxy") or None
    if not any(Path(part).expanduser().is_file() for part in file.split(":")):
        return None, missing(what, wanted=wanted, got="no such file", where=file, do=do)
    try:
        made = config.new_client_from_config(  # pyright: ignore[reportUnknownMemberType]  no types there
            config_file=str(Path(file).expanduser()),
            context=env.context,
            persist_config=False,
            client_configuration=settings,
        )
    except config.ConfigException as trouble:
        return None, missing(what, wanted=wanted, got=str(trouble), where=file, do=do)
    except Exception as trouble:  # noqa: BLE001  parsers of YAML, keys and tokens; their texts quote the file
        return None, missing(what, wanted=wanted, got=f"a file with a {type(trouble).__name__}", where=file, do=do)
    return made, ok(what, f"context {env.context!r} in {file}, see {where}")


def _trouble(trouble: Exception) -> str:
    """Return why a request failed, without anything that it carried."""
    if isinstance(trouble, client.ApiException):
        return f"status {trouble.status} {trouble.reason}"  # pyright: ignore[reportUnknownMemberType]  no types there
    if isinstance(trouble, MaxRetryError) and trouble.reason is not None:
        return f"{_NO_ANSWER}{type(trouble.reason).__name__}"
    return f"{_NO_ANSWER}{type(trouble).__name__}"


def _identity(name: str, access: client.ApiClient, env: Environment, where: str) -> Finding:
    what = f"{name}: cluster uid"
    place = f"{where}.cluster_uid"
    read = shlex.join(["kubectl", "--context", env.context, "get", "namespace", "kube-system"])
    wanted = env.cluster_uid or "a pinned uid"
    try:
        namespace = client.CoreV1Api(access).read_namespace("kube-system", _request_timeout=TIMEOUT_S)
    except (client.ApiException, HTTPError, OSError, ValueError) as trouble:
        do = f"check network, login and rights: {read}"
        return missing(what, wanted=wanted, got=_trouble(trouble), where=place, do=do)
    uid = (namespace.metadata.uid if namespace.metadata else None) or "none"
    if not env.cluster_uid:
        return _unpinned(name, env, where, f"none; the context reaches {uid}")
    if uid != env.cluster_uid:
        do = "the context reaches another cluster: use nothing here until you know why"
        return missing(what, wanted=wanted, got=uid, where=place, do=do)
    return ok(what, f"{uid}, as pinned")


def _unpinned(name: str, env: Environment, where: str, got: str) -> Finding:
    read = shlex.join(["kubectl", "--context", env.context, "get", "namespace", "kube-system"])
    do = f"pin the cluster that you mean; read its uid yourself: {read} -o jsonpath={{.metadata.uid}}"
    return missing(f"{name}: cluster uid", wanted="a pinned uid", got=got, where=f"{where}.cluster_uid", do=do)


def _rights(name: str, access: client.ApiClient, env: Environment, where: str, *, acting: bool) -> list[Finding]:
    gateway = isinstance(env.routing, GatewayRouting)
    nginx = isinstance(env.routing, NginxRouting)
    reads = READS + (READS_NGINX if nginx else ()) + (READS_GATEWAY if gateway else ())
    writes = WRITES + (WRITES_NGINX if nginx else ()) + (WRITES_GATEWAY if gateway else ())
    found = [
        _granted(f"{name}: rights to read", reads, access, env, where, say=missing),
        _granted(f"{name}: rights for planned lines", READS_LATER, access, env, where, say=warning),
    ]
    if acting:
        found.append(_granted(f"{name}: rights to act", writes, access, env, where, say=warning))
    return found


def _granted(
    what: str,
    rights: tuple[Right, ...],
    access: client.ApiClient,
    env: Environment,
    where: str,
    *,
    say: Callable[..., Finding],
) -> Finding:
    try:
        refused = [right for right in rights if not _may(access, right, env.namespace)]
    except (client.ApiException, HTTPError, OSError, ValueError) as trouble:
        do = "grant `create` on selfsubjectaccessreviews, which every user of a cluster has by default"
        return say(what, wanted=f"{len(rights)} rights", got=_trouble(trouble), where=where, do=do)
    if refused:
        first = shlex.join(["kubectl", "--context", env.context, "-n", env.namespace, "auth", "can-i"])
        got = f"not: {', '.join(map(str, refused))}"
        do = f"bind a Role that grants them; check with: {first} {refused[0]}"
        return say(what, wanted=f"{len(rights)} rights", got=got, where=f"{where}.namespace = {env.namespace}", do=do)
    return ok(what, f"all {len(rights)}: {', '.join(map(str, rights))}")


def _may(access: client.ApiClient, right: Right, namespace: str) -> bool:
    resource, _, sub = right.resource.partition("/")
    asked = client.V1ResourceAttributes(
        verb=right.verb,
        group=right.group,
        resource=resource,
        subresource=sub or None,
        namespace=None if right.cluster else namespace,
    )
    review = client.V1SelfSubjectAccessReview(
        api_version="authorization.k8s.io/v1",
        kind="SelfSubjectAccessReview",
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=asked),
    )
    said = client.AuthorizationV1Api(access).create_self_subject_access_review(review, _request_timeout=TIMEOUT_S)
    return said.status is not None and said.status.allowed


def _objects(name: str, access: client.ApiClient, env: Environment, where: str) -> list[Finding]:
    apps, net, custom = client.AppsV1Api(access), client.NetworkingV1Api(access), client.CustomObjectsApi(access)
    wanted: list[tuple[str, str, Callable[[], object]]] = [
        (
            f"deployment/{deployment}",
            f"deployments.{arm}",
            lambda d=deployment: apps.read_namespaced_deployment(d, env.namespace, _request_timeout=TIMEOUT_S),
        )
        for arm, deployment in env.deployments.items()
    ]
    if isinstance(env.routing, NginxRouting):
        wanted += [
            (
                f"ingress/{ingress}",
                f"routing.{role}",
                lambda i=ingress: net.read_namespaced_ingress(i, env.namespace, _request_timeout=TIMEOUT_S),
            )
            for role, ingress in (("primary", env.routing.primary), ("canary", env.routing.canary))
        ]
    if isinstance(env.routing, GatewayRouting):
        route = env.routing.route
        wanted.append(
            (
                f"httproute/{route}",
                "routing.route",
                lambda: custom.get_namespaced_custom_object(
                    "gateway.networking.k8s.io", "v1", env.namespace, "httproutes", route, _request_timeout=TIMEOUT_S
                ),
            )
        )
    return [_object(f"{name}: {kind}", read, env, f"{where}.{key}") for kind, key, read in wanted]


def _object(what: str, read: Callable[[], object], env: Environment, where: str) -> Finding:
    try:
        _ = read()
    except (client.ApiException, HTTPError, OSError, ValueError) as trouble:
        see = shlex.join(["kubectl", "--context", env.context, "-n", env.namespace, "get", what.partition(": ")[2]])
        do = f"mend the name, or deploy it: {see}"
        return missing(what, wanted="it to be there", got=_trouble(trouble), where=where, do=do)
    return ok(what, f"there, in {env.namespace}")
