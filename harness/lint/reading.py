"""Read what the lint needs beside a snapshot: flags' values, applied annotations, and nothing that may be secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from harness.kube_client import KubeError
from harness.lint.live import APPLIED
from harness.lint.shape import at, containers, rows, table
from harness.observe.scrub import scrubbed
from harness.observe.snapshot import Part

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from harness.observe.snapshot import ClusterSnapshot

PATHS = {
    "deployments": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "configmaps": "/api/v1/namespaces/{namespace}/configmaps",
    "ingresses": "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses",
}


class Asks(Protocol):
    """What harness.kube_client.KubeClient does, as far as it is needed here."""

    def ask(self, method: str, path: str, /) -> Mapping[str, object]:
        """Send one request and return the JSON object of its answer, or raise KubeError."""
        ...


def completed(snapshot: ClusterSnapshot, client: Asks, flags: Collection[str]) -> ClusterSnapshot:
    """Return a snapshot with these lists read once more; what can't be read now stays as it was, configmaps unread."""
    parts = dict(snapshot.parts)
    for kind, path in PATHS.items():
        try:
            items = rows(client.ask("GET", path.format(namespace=snapshot.namespace)).get("items"))
            parts[kind] = Part(items=tuple(kept(kind, table(item), flags) for item in items))
        except KubeError as trouble:
            if kind == "configmaps":
                parts[kind] = Part(error=str(trouble))
    return msgspec.structs.replace(snapshot, parts=parts)


def kept(kind: str, item: dict[str, object], flags: Collection[str]) -> dict[str, object]:
    """Return an object scrubbed, but for what is compared: these flags' values, an Ingress's applied annotations."""
    whole = scrubbed(item)
    if kind == "configmaps":
        whole["data"] = {key: value for key, value in table(item.get("data")).items() if key in flags}
    elif kind == "deployments":
        values = [{one.get("name"): one.get("value") for one in rows(raw.get("env"))} for raw in containers(item)]
        for cleaned, given in zip(containers(whole), values, strict=True):
            for entry in rows(cleaned.get("env")):
                if entry["name"] in flags and isinstance(given.get(entry["name"]), str):
                    entry["value"] = given[entry["name"]]
    elif kind == "ingresses" and (wrong := _numbers(item)):
        meta = table(whole.get("metadata"))
        copy = msgspec.json.encode({"metadata": {"annotations": wrong}}).decode()
        whole["metadata"] = meta | {"annotations": table(meta.get("annotations")) | {APPLIED: copy}}
    return whole


def _numbers(item: dict[str, object]) -> dict[str, Any]:
    """Return of an applied copy the annotations that are no strings; the rest of it is left out."""
    try:
        applied = msgspec.json.decode(str(at(item, "metadata", "annotations").get(APPLIED, "")))
    except msgspec.DecodeError:
        return {}
    notes = at(applied, "metadata", "annotations")
    return {key: value for key, value in notes.items() if not isinstance(value, str)}
