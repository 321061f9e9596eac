"""The table of what this API serves: one row per resource, everything else is derived from it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Generation = Literal["", "spec", "spec+annotations"]

_READ_WRITE = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_NO_COLLECTION = ("create", "delete", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Resource:
    """One row: names, scope, verbs and what the write path has to know.

    `model` is the type's name in the official client, from which field names and types come.
    `generation` tells what bumps metadata.generation: a Deployment's grows with annotations, too.
    `fields` are the field selectors beyond metadata.name and metadata.namespace, as JSON paths.
    """

    plural: str
    kind: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    singular: str = ""
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = _READ_WRITE
    subresources: tuple[str, ...] = ()
    generation: Generation = ""
    model: str = ""
    fields: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """Return the object's apiVersion: "v1" or "apps/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """Return the name error messages use: "pods" or "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def path(self) -> str:
        """Return the API group's path: "/api/v1" or "/apis/apps/v1"."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def one(self) -> str:
        """Return the singular name."""
        return self.singular or self.kind.lower()

    @property
    def has_status(self) -> bool:
        """Tell whether `status` is written through its own subresource only."""
        return "status" in self.subresources

    @property
    def storage_hash(self) -> str:
        """Return discovery's storageVersionHash: 8 bytes of SHA-256 over group/version/kind, base64."""
        digest = hashlib.sha256(f"{self.group}/{self.version}/{self.kind}".encode()).digest()
        return base64.b64encode(digest[:8]).decode()


_POD_FIELDS = (
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
)
_EVENT_FIELDS = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
)

RESOURCES: tuple[Resource, ...] = (
    Resource("configmaps", "ConfigMap", short=("cm",), model="V1ConfigMap"),
    Resource("events", "Event", short=("ev",), model="CoreV1Event", fields=_EVENT_FIELDS),
    Resource(
        "namespaces",
        "Namespace",
        namespaced=False,
        short=("ns",),
        verbs=_NO_COLLECTION,
        subresources=("finalize", "status"),
        model="V1Namespace",
        fields=("status.phase",),
    ),
    Resource(
        "nodes",
        "Node",
        namespaced=False,
        short=("no",),
        subresources=("status",),
        model="V1Node",
        fields=("spec.unschedulable",),
    ),
    Resource(
        "pods",
        "Pod",
        short=("po",),
        categories=("all",),
        subresources=("log", "proxy", "status"),
        generation="spec",
        model="V1Pod",
        fields=_POD_FIELDS,
    ),
    Resource("secrets", "Secret", model="V1Secret", fields=("type",)),
    Resource("serviceaccounts", "ServiceAccount", short=("sa",), model="V1ServiceAccount"),
    Resource(
        "services",
        "Service",
        short=("svc",),
        categories=("all",),
        subresources=("status",),
        model="V1Service",
        fields=("spec.clusterIP", "spec.type"),
    ),
    Resource(
        "deployments",
        "Deployment",
        "apps",
        short=("deploy",),
        categories=("all",),
        subresources=("scale", "status"),
        generation="spec+annotations",
        model="V1Deployment",
    ),
    Resource(
        "replicasets",
        "ReplicaSet",
        "apps",
        short=("rs",),
        categories=("all",),
        subresources=("scale", "status"),
        generation="spec",
        model="V1ReplicaSet",
        fields=("status.replicas",),
    ),
    Resource(
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        "autoscaling",
        "v2",
        short=("hpa",),
        categories=("all",),
        subresources=("status",),
        model="V2HorizontalPodAutoscaler",
    ),
    Resource("leases", "Lease", "coordination.k8s.io", model="V1Lease"),
    Resource("endpointslices", "EndpointSlice", "discovery.k8s.io", generation="spec", model="V1EndpointSlice"),
    Resource(
        "ingressclasses",
        "IngressClass",
        "networking.k8s.io",
        namespaced=False,
        generation="spec",
        model="V1IngressClass",
    ),
    Resource(
        "ingresses",
        "Ingress",
        "networking.k8s.io",
        short=("ing",),
        subresources=("status",),
        generation="spec",
        model="V1Ingress",
    ),
    Resource(
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        "policy",
        short=("pdb",),
        subresources=("status",),
        generation="spec",
        model="V1PodDisruptionBudget",
    ),
)

REVIEWS: tuple[Resource, ...] = tuple(
    Resource(plural, kind, "authorization.k8s.io", namespaced=False, verbs=("create",), model=f"V1{kind}")
    for plural, kind in (
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    )
)
"""Questions about one's own rights: answered, never stored."""

BY_PATH = {(r.group, r.version, r.plural): r for r in (*RESOURCES, *REVIEWS)}
BY_KIND = {(r.api_version, r.kind): r for r in (*RESOURCES, *REVIEWS)}
BY_PLURAL = {r.plural: r for r in RESOURCES}


def group_versions() -> Iterator[tuple[str, str, list[Resource]]]:
    """Yield each group, version and its resources, in the order clients see."""
    seen: dict[tuple[str, str], list[Resource]] = {}
    for resource in (*RESOURCES, *REVIEWS):
        seen.setdefault((resource.group, resource.version), []).append(resource)
    for (group, version), rows in sorted(seen.items()):
        yield group, version, sorted(rows, key=lambda row: row.plural)
