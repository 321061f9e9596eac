"""A cluster's objects as they were read: decoded, typed, and with the reasons for what is missing."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.judge.identity import Pod, digest_of

if TYPE_CHECKING:
    from harness.evidence.rows import Snapshot
    from harness.judge.answers import Arm


class Part(msgspec.Struct, frozen=True):
    """What one list request gave: the objects as JSON, or why there are none."""

    items: tuple[dict[str, object], ...] = ()
    error: str = ""


class ClusterSnapshot(msgspec.Struct, frozen=True):
    """Everything read of one namespace. `parts` by resource: ingresses, services, pods, ...

    `uid` is that of the namespace kube-system ("" unreadable, then `uid_error` says why). `error` is set when
    nothing could be read at all.
    """

    environment: str = ""
    context: str = ""
    namespace: str = ""
    uid: str = ""
    uid_error: str = ""
    error: str = ""
    parts: dict[str, Part] = msgspec.field(default_factory=dict[str, Part])

    def part(self, resource: str) -> Part:
        """Return what was read of a resource; what nobody asked for is an error, not an empty list."""
        return self.parts.get(resource) or Part(error=self.error or "not read")

    def trouble(self, *resources: str) -> tuple[str, ...]:
        """Return why these resources can't be relied on, one line each (one for all if nothing was read)."""
        if self.error:
            return (self.error,)
        return tuple(f"{name}: {self.part(name).error}" for name in resources if self.part(name).error)


class _Camel(msgspec.Struct, frozen=True, rename="camel"):
    """Kubernetes writes camelCase; fields that we don't need are not decoded."""


class Owner(_Camel, frozen=True):
    """Who made an object."""

    uid: str = ""
    kind: str = ""
    name: str = ""


class Meta(_Camel, frozen=True):
    """Metadata. Annotation values are whatever stands there: the reader checks that they are strings."""

    name: str = ""
    uid: str = ""
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    annotations: dict[str, object] | None = None
    labels: dict[str, str] | None = None
    owner_references: tuple[Owner, ...] | None = None


class Named(_Camel, frozen=True):
    """A reference by name."""

    name: str = ""


class IngressBackend(_Camel, frozen=True):
    """Where a path leads."""

    service: Named | None = None


class IngressPath(_Camel, frozen=True):
    """One path of a host."""

    path: str = ""
    path_type: str = ""
    backend: IngressBackend = IngressBackend()


class IngressHttp(_Camel, frozen=True):
    """The paths of a host."""

    paths: tuple[IngressPath, ...] = ()


class IngressRule(_Camel, frozen=True):
    """A host."""

    host: str = ""
    http: IngressHttp | None = None


class IngressSpec(_Camel, frozen=True):
    """What an Ingress asks for."""

    ingress_class_name: str | None = None
    rules: tuple[IngressRule, ...] | None = None
    default_backend: IngressBackend | None = None


class Ingress(_Camel, frozen=True):
    """networking.k8s.io/v1."""

    metadata: Meta = Meta()
    spec: IngressSpec = IngressSpec()


class IngressClassSpec(_Camel, frozen=True):
    """Who serves a class."""

    controller: str = ""


class IngressClass(_Camel, frozen=True):
    """networking.k8s.io/v1."""

    metadata: Meta = Meta()
    spec: IngressClassSpec = IngressClassSpec()


class Conditions(_Camel, frozen=True):
    """Of an endpoint; a missing `ready` counts as ready, as the API says."""

    ready: bool | None = None


class Endpoint(_Camel, frozen=True):
    """One address that takes traffic, or will."""

    addresses: tuple[str, ...] = ()
    conditions: Conditions = Conditions()


class EndpointSlice(_Camel, frozen=True):
    """discovery.k8s.io/v1."""

    metadata: Meta = Meta()
    endpoints: tuple[Endpoint, ...] | None = None


class Bare(_Camel, frozen=True):
    """Any object of which only the metadata matters."""

    metadata: Meta = Meta()


class Container(_Camel, frozen=True):
    """A container's status."""

    name: str = ""
    image_id: str = msgspec.field(name="imageID", default="")
    restart_count: int = 0


class Condition(_Camel, frozen=True):
    """A condition of a pod or a route."""

    type: str = ""
    status: str = ""


class ContainerSpec(_Camel, frozen=True):
    """A container as asked for."""

    name: str = ""


class PodSpec(_Camel, frozen=True):
    """What a pod runs."""

    containers: tuple[ContainerSpec, ...] = ()


class PodStatus(_Camel, frozen=True):
    """How a pod is."""

    conditions: tuple[Condition, ...] | None = None
    container_statuses: tuple[Container, ...] | None = None


class PodObject(_Camel, frozen=True):
    """A pod."""

    metadata: Meta = Meta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


T = TypeVar("T")


def decode(part: Part, kind: type[T]) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """Return the objects that have the shape of their kind, and a line for each that has not."""
    good: list[T] = []
    bad: list[str] = []
    for item in part.items:
        try:
            good.append(msgspec.convert(item, kind))
        except msgspec.ValidationError as trouble:
            bad.append(f"an object of unexpected shape: {trouble}")
    return tuple(good), tuple(bad)


def live_addresses(snapshot: ClusterSnapshot, service: str) -> int | None:
    """Return how many ready addresses stand behind a Service: 0 if there is none such, None if unreadable."""
    if snapshot.trouble("services", "endpointslices"):
        return None
    services, _ = decode(snapshot.part("services"), Bare)
    if service not in {found.metadata.name for found in services}:
        return 0
    slices, bad = decode(snapshot.part("endpointslices"), EndpointSlice)
    if bad:
        return None
    return sum(
        len(endpoint.addresses)
        for found in slices
        if (found.metadata.labels or {}).get("kubernetes.io/service-name") == service
        for endpoint in found.endpoints or ()
        if endpoint.conditions.ready is not False
    )


def addresses(snapshot: ClusterSnapshot, service: str) -> tuple[str, ...]:
    """Return the addresses behind a Service, ready or not, in order."""
    slices, _ = decode(snapshot.part("endpointslices"), EndpointSlice)
    found = {
        address
        for one in slices
        if (one.metadata.labels or {}).get("kubernetes.io/service-name") == service
        for endpoint in one.endpoints or ()
        for address in endpoint.addresses
    }
    return tuple(sorted(found))


def pods_of(snapshot: ClusterSnapshot, deployment: str) -> tuple[Pod, ...]:
    """Return the pods that a Deployment owns through its ReplicaSets; terminating ones are not ready."""
    deployments, _ = decode(snapshot.part("deployments"), Bare)
    uids = {found.metadata.uid for found in deployments if found.metadata.name == deployment}
    sets, _ = decode(snapshot.part("replicasets"), Bare)
    owned = {found.metadata.uid for found in sets if _owners(found.metadata) & uids}
    pods, _ = decode(snapshot.part("pods"), PodObject)
    return tuple(Pod(pod.metadata.name, _digest(pod), _ready(pod)) for pod in pods if _owners(pod.metadata) & owned)


def restarts(snapshot: ClusterSnapshot) -> dict[str, int]:
    """Return how often the containers of each pod of the namespace have restarted, by the pod's name."""
    pods, _ = decode(snapshot.part("pods"), PodObject)
    return {pod.metadata.name: sum(one.restart_count for one in pod.status.container_statuses or ()) for pod in pods}


def template_hashes(snapshot: ClusterSnapshot) -> dict[str, str]:
    """Return by the pod's name which version of its Deployment's template each pod was made from."""
    pods, _ = decode(snapshot.part("pods"), PodObject)
    return {pod.metadata.name: (pod.metadata.labels or {}).get("pod-template-hash", "") for pod in pods}


def pods_by_arm(snapshot: ClusterSnapshot, deployments: Mapping[Arm, str]) -> dict[Arm, tuple[Pod, ...]]:
    """Return each arm's pods, by the Deployments that the profile names."""
    return {arm: pods_of(snapshot, name) for arm, name in deployments.items()}


def pods_trouble(snapshot: ClusterSnapshot) -> str:
    """Say why pods can't be told, "" if they can."""
    if snapshot.error:
        return snapshot.error
    unread = list(snapshot.trouble("deployments", "replicasets", "pods"))
    for resource, kind in (("deployments", Bare), ("replicasets", Bare), ("pods", PodObject)):
        unread += [f"{resource}: {bad}" for bad in decode(snapshot.part(resource), kind)[1]]
    return "; ".join(unread)


def _owners(meta: Meta) -> set[str]:
    return {owner.uid for owner in meta.owner_references or () if owner.uid}


def _ready(pod: PodObject) -> bool:
    if pod.metadata.deletion_timestamp:
        return False
    return any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or ())


def _digest(pod: PodObject) -> str:
    """Return the digest of the main container: the annotated default one, else the first (as kubectl does)."""
    chosen = (pod.metadata.annotations or {}).get("kubectl.kubernetes.io/default-container")
    main = chosen or (pod.spec.containers[0].name if pod.spec.containers else None)
    statuses = pod.status.container_statuses or ()
    return next((digest_of(status.image_id) for status in statuses if main in {None, status.name}), "")


def from_json(found: Snapshot | None) -> ClusterSnapshot:
    """Return a stored snapshot as it was; one that was never taken, or has another shape, is an empty one."""
    if found is None:
        return _unread("the collector has not read the cluster")
    try:
        return msgspec.convert(found.body, ClusterSnapshot)
    except msgspec.ValidationError as trouble:
        return _unread(f"the stored snapshot {found.name} has another shape: {trouble}")


def _unread(why: str) -> ClusterSnapshot:
    return ClusterSnapshot(error=why, uid_error=why)
