"""Which ReplicaSet belongs to which template: hashes, equality, revision numbers. Pure.

After k8s.io/kubernetes/pkg/controller/deployment/util: EqualIgnoreHash, SetNewReplicaSetAnnotations, MaxRevision.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

from sandbox.cluster.objects import annotations_of, labels_of, owner_reference, safe_encode
from sandbox.cluster.rollout import DESIRED, MAXIMUM, max_surge, wanted
from sandbox.kube.reading import part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.kube.store import Obj

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
HISTORY_CHARS = 2000
_OWN = frozenset(
    {"kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAXIMUM},
)  # annotations that are not copied from a Deployment to its ReplicaSets


def fnv32a(data: bytes) -> int:
    """Return the 32-bit FNV-1a hash."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def template_hash(template: Obj, collisions: int = 0) -> str:
    """Return the pod-template-hash: looks like the real one, and the same template gives the same one.

    The real one hashes Go's own dump of the struct, which nobody outside can repeat.
    """
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    return safe_encode(str(fnv32a((text + (str(collisions) if collisions else "")).encode())))


def _without_hash(template: Obj) -> Obj:
    bare = copy.deepcopy(template)
    meta = bare.setdefault("metadata", {})
    meta["labels"] = {key: value for key, value in labels_of(bare).items() if key != HASH}
    return bare


def same_template(one: Obj, other: Obj) -> bool:
    """Tell whether two pod templates are equal but for the hash label."""
    return _without_hash(one) == _without_hash(other)


def born(one: Obj) -> tuple[str, str]:
    """Order by creation, then name."""
    return one["metadata"]["creationTimestamp"], one["metadata"]["name"]


def find_new(deployment: Obj, sets: Sequence[Obj]) -> Obj | None:
    """Return the oldest ReplicaSet with the Deployment's present template: an undo finds the old one again."""
    template = deployment["spec"]["template"]
    return next((one for one in sorted(sets, key=born) if same_template(one["spec"]["template"], template)), None)


def revision(obj: Obj) -> int:
    """Return an object's revision number, 0 if it has none."""
    return int(annotations_of(obj).get(REVISION, 0))


def annotate_size(one: Obj, deployment: Obj) -> bool:
    """Write down what the Deployment wanted when this ReplicaSet was last scaled; tell whether that changed."""
    annotations: dict[str, str] = one["metadata"].setdefault("annotations", {})
    total = wanted(deployment)
    sizes = {DESIRED: str(total), MAXIMUM: str(total + max_surge(deployment))}
    changed = any(annotations.get(key) != value for key, value in sizes.items())
    annotations.update(sizes)
    return changed


def annotate_new(one: Obj, deployment: Obj, number: int) -> bool:
    """Copy the Deployment's annotations and raise the revision; tell whether anything changed."""
    annotations: dict[str, str] = one["metadata"].setdefault("annotations", {})
    before = dict(annotations)
    theirs = annotations_of(deployment)
    annotations.update({key: value for key, value in theirs.items() if key not in _OWN})
    old = annotations.get(REVISION)
    if old is None or int(old) < number:
        annotations[REVISION] = str(number)
        if old is not None:
            annotations[HISTORY] = ",".join(filter(None, [annotations.get(HISTORY), old]))[-HISTORY_CHARS:]
    return annotations != before


def new_replica_set(deployment: Obj, number: int) -> Obj:
    """Return the ReplicaSet of the present template, with no replicas yet."""
    meta, spec = deployment["metadata"], deployment["spec"]
    mark = template_hash(spec["template"], int(part(deployment, "status").get("collisionCount", 0)))
    template = copy.deepcopy(spec["template"])
    template.setdefault("metadata", {}).setdefault("labels", {})[HASH] = mark
    selector = copy.deepcopy(spec["selector"])
    selector.setdefault("matchLabels", {})[HASH] = mark
    made: Obj = {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": f"{meta['name']}-{mark}",
            "namespace": meta["namespace"],
            "generation": 1,
            "labels": dict(template["metadata"]["labels"]),
            "annotations": {},
            "ownerReferences": [owner_reference(deployment, "apps/v1", "Deployment")],
        },
        "spec": {"replicas": 0, "selector": selector, "template": template},
        "status": {"replicas": 0},
    }
    if spec.get("minReadySeconds"):
        made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    _ = annotate_new(made, deployment, number)
    _ = annotate_size(made, deployment)
    return made
