"""Read a cluster with the official client, the way kubectl would: same kubeconfig, same authentication.

What can't be read becomes an error in the snapshot, by resource; nothing is raised, since a cluster that can't be
read is a finding of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.kube_client import KubeClient, KubeError
from harness.observe.scrub import scrubbed
from harness.observe.snapshot import ClusterSnapshot, Part
from harness.target import GatewayRouting

if TYPE_CHECKING:
    from harness.target import Environment

_ERRORS_SHOWN = 200
_RIGHTS = "; ask for read access (kubectl auth can-i)"

NAMESPACED: dict[str, str] = {
    "ingresses": "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses",
    "services": "/api/v1/namespaces/{namespace}/services",
    "endpointslices": "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
    "deployments": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "replicasets": "/apis/apps/v1/namespaces/{namespace}/replicasets",
    "pods": "/api/v1/namespaces/{namespace}/pods",
    "ingressclasses": "/apis/networking.k8s.io/v1/ingressclasses",
}
GATEWAY = {"httproutes": "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes"}
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def read(name: str, environment: Environment) -> ClusterSnapshot:
    """Return what the environment's context shows of its namespace, env values and the like taken out."""
    about = ClusterSnapshot(environment=name, context=environment.context, namespace=environment.namespace)
    if not environment.context:
        return _nothing(about, "the profile names no context, so there is no cluster access")
    try:
        client = KubeClient(environment.kubeconfig, environment.context)
    except KubeError as trouble:
        return _nothing(about, str(trouble))
    uid, uid_error, reachable = _uid(client)
    if not reachable:
        return _nothing(about, uid_error)
    wanted = NAMESPACED | (GATEWAY if isinstance(environment.routing, GatewayRouting) else {})
    parts = {kind: _items(client, path.format(namespace=environment.namespace)) for kind, path in wanted.items()}
    return msgspec.structs.replace(about, uid=uid, uid_error=uid_error, parts=parts)


def _nothing(about: ClusterSnapshot, error: str) -> ClusterSnapshot:
    return msgspec.structs.replace(about, uid_error=error, error=error)


def _said(trouble: KubeError) -> str:
    return f"{trouble}{_RIGHTS if trouble.status in {401, 403} else ''}"[:_ERRORS_SHOWN]


def _uid(client: KubeClient) -> tuple[str, str, bool]:
    """Return the cluster's uid, or why not, and whether the server answered."""
    try:
        found = msgspec.convert(client.ask("GET", KUBE_SYSTEM).get("metadata"), dict[str, object]).get("uid")
    except KubeError as trouble:
        return "", _said(trouble), trouble.reachable
    except msgspec.ValidationError:
        found = None
    return (found, "", True) if isinstance(found, str) and found else ("", "kube-system has no uid", True)


def _items(client: KubeClient, path: str) -> Part:
    """Return all objects of a list, page by page, scrubbed."""
    gathered: list[dict[str, object]] = []
    more = ""
    try:
        while True:
            page = client.ask("GET", path, query=[("limit", "500")] + ([("continue", more)] if more else []))
            gathered += msgspec.convert(page.get("items"), list[dict[str, object]])
            more = str(msgspec.convert(page.get("metadata") or {}, dict[str, object]).get("continue") or "")
            if not more:
                return Part(items=tuple(scrubbed(item) for item in gathered))
    except KubeError as trouble:
        return Part(error=_said(trouble))
    except msgspec.ValidationError:
        return Part(error="the answer is not a list of objects")
