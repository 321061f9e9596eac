"""Is the cluster there, is it the pinned one, may we read it, and are the objects in it that we watch?

It is read by the very code that a run reads it with, so what the doctor finds is what the run will find.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from kubernetes import client, config
from urllib3.exceptions import HTTPError

from harness.doctor.finding import Finding, missing, ok, warning
from harness.observe import cluster as reading
from harness.observe.snapshot import Meta, decode
from harness.target import GatewayRouting, NginxRouting, UrlPairRouting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.observe.snapshot import ClusterSnapshot, Part
    from harness.target import Environment

TIMEOUT_S = 3.0  # per review of a right


class Right(NamedTuple):
    """A verb on a resource of an API group; `cluster` when it is not about one namespace."""

    verb: str
    group: str
    resource: str
    cluster: bool = False

    def __str__(self) -> str:
        """Read as `kubectl auth can-i` takes it."""
        return f"{self.verb} {self.resource}{f'.{self.group}' if self.group else ''}"


WATCHES = (Right("get", "", "pods/log"), Right("get", "", "pods/proxy"))  # every line; each pod's own figures
LATER = (Right("list", "", "configmaps"), Right("list", "", "events"))
WRITES = (Right("patch", "apps", "deployments"),)
WRITES_NGINX = (Right("patch", "networking.k8s.io", "ingresses"), Right("delete", "networking.k8s.io", "ingresses"))
WRITES_GATEWAY = (Right("patch", "gateway.networking.k8s.io", "httproutes"),)


class _Object(msgspec.Struct, frozen=True):
    """Anything with a name."""

    metadata: Meta


def reads(env: Environment) -> tuple[Right, ...]:
    """Return the rights that a run needs here: one per list that it reads, and the namespace that names the cluster."""
    lists = {**reading.NAMESPACED, **(reading.GATEWAY if isinstance(env.routing, GatewayRouting) else {})}
    if not isinstance(env.routing, NginxRouting):
        lists = {kind: path for kind, path in lists.items() if not kind.startswith("ingress")}
    return (Right("get", "", "namespaces", cluster=True), *(_listing(path) for path in lists.values()))


def _listing(path: str) -> Right:
    """Read `/apis/GROUP/VERSION/[namespaces/NAME/]RESOURCE`; the oldest group has no name and stands under /api."""
    parts = path.strip("/").split("/")
    return Right("list", parts[1] if parts[0] == "apis" else "", parts[-1], cluster="namespaces" not in parts)


def check(name: str, env: Environment, where: str, *, acting: bool, environ: Mapping[str, str]) -> list[Finding]:
    """Look into one environment's cluster, as far as each step lets the next begin."""
    what = f"{name}: cluster"
    if not env.context:
        say = warning if isinstance(env.routing, UrlPairRouting) else missing
        got = "no context: wiring, builds and the cluster's identity stay UNKNOWN"
        return [say(what, wanted="access to the cluster", got=got, where=f"{where}.context", do="name a context")]
    file = kubeconfig(env, environ)
    access, said = _client(name, env, file, where)
    if access is None:
        return [said] if env.cluster_uid else [said, _unpinned(name, env, where, "none")]
    with access:
        snapshot = reading.read(name, msgspec.structs.replace(env, kubeconfig=file))
        found = [said, _identity(name, snapshot, env, where)]
        if not snapshot.error:
            found += _rights(name, access, env, where)
            found += _rights_to_act(name, access, env, where) if acting else []
            found += _objects(name, snapshot, env, where)
        return found


def kubeconfig(env: Environment, environ: Mapping[str, str]) -> str:
    """Return the file, or files, that kubectl would take for an environment."""
    return env.kubeconfig or environ.get("KUBECONFIG", "") or str(Path.home() / ".kube" / "config")


def _client(name: str, env: Environment, file: str, where: str) -> tuple[client.ApiClient | None, Finding]:
    """Return a client for the environment's context and what to say about it."""
    what = f"{name}: kubeconfig"
    do = "log in to the cluster, point KUBECONFIG or the profile's `kubeconfig` at the file, or mend `context`"
    wanted = f"the context {env.context!r}"
    settings = client.Configuration()
    settings.retries = 0
    if not any(Path(part).expanduser().is_file() for part in file.split(":")):
        return None, missing(what, wanted=wanted, got="no such file", where=file, do=do)
    try:
        made = config.new_client_from_config(  # pyright: ignore[reportUnknownMemberType]  no types there
            config_file=file, context=env.context, persist_config=False, client_configuration=settings
        )
    except config.ConfigException as trouble:
        return None, missing(what, wanted=wanted, got=str(trouble), where=file, do=do)
    except Exception as trouble:  # noqa: BLE001  parsers of YAML, keys and tokens; their texts quote the file
        return None, missing(what, wanted=wanted, got=f"a file with a {type(trouble).__name__}", where=file, do=do)
    return made, ok(what, f"context {env.context!r} in {file}, see {where}")


def _identity(name: str, snapshot: ClusterSnapshot, env: Environment, where: str) -> Finding:
    what = f"{name}: cluster uid"
    place = f"{where}.cluster_uid"
    if snapshot.uid_error:
        do = "check network, login and rights: " + shlex.join(
            ["kubectl", "--context", env.context, "get", "namespaces"]
        )
        return missing(what, wanted=env.cluster_uid or "a pinned uid", got=snapshot.uid_error, where=place, do=do)
    if not env.cluster_uid:
        return _unpinned(name, env, where, f"none; the context reaches {snapshot.uid}")
    if snapshot.uid != env.cluster_uid:
        do = "the context reaches another cluster: use nothing here until you know why"
        return missing(what, wanted=env.cluster_uid, got=snapshot.uid, where=place, do=do)
    return ok(what, f"{snapshot.uid}, as pinned")


def _unpinned(name: str, env: Environment, where: str, got: str) -> Finding:
    read = shlex.join(["kubectl", "--context", env.context, "get", "namespace", "kube-system"])
    do = f"pin the cluster that you mean; read its uid yourself: {read} -o jsonpath={{.metadata.uid}}"
    return missing(f"{name}: cluster uid", wanted="a pinned uid", got=got, where=f"{where}.cluster_uid", do=do)


def _rights(name: str, access: client.ApiClient, env: Environment, where: str) -> list[Finding]:
    return [
        _granted(f"{name}: rights to read", reads(env), access, env, where, say=missing),
        _granted(f"{name}: rights to watch", WATCHES, access, env, where, say=missing),
        _granted(f"{name}: rights for planned lines", LATER, access, env, where, say=warning),
    ]


def _rights_to_act(name: str, access: client.ApiClient, env: Environment, where: str) -> list[Finding]:
    """Ask with the credentials that acting uses, where the profile names others than those that read."""
    routing = WRITES_NGINX if isinstance(env.routing, NginxRouting) else ()
    routing = WRITES_GATEWAY if isinstance(env.routing, GatewayRouting) else routing
    if not env.act_kubeconfig:
        return [_granted(f"{name}: rights to act", WRITES + routing, access, env, where, say=warning)]
    actor, said = _client(f"{name}: acting", env, env.act_kubeconfig, where)
    if actor is None:
        return [said]
    with actor:
        return [said, _granted(f"{name}: rights to act", WRITES + routing, actor, env, where, say=warning)]


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
        got = f"no review of them ({type(trouble).__name__})"
        return say(what, wanted=f"{len(rights)} rights", got=got, where=where, do=do)
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


def _objects(name: str, snapshot: ClusterSnapshot, env: Environment, where: str) -> list[Finding]:
    wanted = [
        ("deployments", "deployment", deployment, f"deployments.{arm}") for arm, deployment in env.deployments.items()
    ]
    if isinstance(env.routing, NginxRouting):
        wanted.append(("ingresses", "ingress", env.routing.primary, "routing.primary"))
        wanted.append(("ingresses", "ingress", env.routing.canary, "routing.canary"))
    if isinstance(env.routing, GatewayRouting):
        wanted.append(("httproutes", "httproute", env.routing.route, "routing.route"))
    return [
        _object(f"{name}: {kind}/{obj}", obj, snapshot.part(resource), env, f"{where}.{key}")
        for resource, kind, obj, key in wanted
    ]


def _object(what: str, obj: str, part: Part, env: Environment, where: str) -> Finding:
    there = sorted(one.metadata.name for one in decode(part, _Object)[0])
    if obj in there:
        return ok(what, f"there, in {env.namespace}")
    got = part.error or f"{', '.join(there) if there else 'none'} in {env.namespace}"
    see = shlex.join(["kubectl", "--context", env.context, "-n", env.namespace, "get", what.partition(": ")[2]])
    return missing(what, wanted="it to be there", got=got, where=where, do=f"mend the name, or deploy it: {see}")
