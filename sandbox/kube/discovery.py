"""What the API says it serves: the legacy lists and the aggregated form newer clients ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.kube.resources import group_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

VERSION: Obj = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "0",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "go1.27.3",
    "compiler": "gc",
    "platform": "linux/amd64",
}

_SUB_VERBS = {
    "log": ["get"],
    "proxy": ["create", "delete", "get", "patch", "update"],
    "scale": ["get", "patch", "update"],
    "status": ["get", "patch", "update"],
    "finalize": ["update"],
}


def core(address: str) -> Obj:
    """Answer GET /api."""
    cidrs = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": cidrs}


def _groups() -> dict[str, list[tuple[str, list[Resource]]]]:
    found: dict[str, list[tuple[str, list[Resource]]]] = {}
    for group, version, rows in group_versions():
        found.setdefault(group, []).append((version, rows))
    return found


def group(name: str) -> Obj | None:
    """Describe one named API group, or None."""
    versions = _groups().get(name) if name else None
    if versions is None:
        return None
    rows = [{"groupVersion": f"{name}/{version}", "version": version} for version, _ in versions]
    return {"name": name, "versions": rows, "preferredVersion": rows[0]}


def groups() -> Obj:
    """Answer GET /apis."""
    named = [group(name) for name in _groups() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": named}


def resources(name: str, version: str) -> Obj | None:
    """Answer GET /api/v1 or /apis/GROUP/VERSION, or None when there is no such group."""
    rows = next((rows for v, rows in _groups().get(name, []) if v == version), None)
    if rows is None:
        return None
    head: Obj = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if name else {})
    listed = [entry for row in rows for entry in _legacy(row)]
    return head | {"groupVersion": f"{name}/{version}" if name else version, "resources": listed}


def _legacy(row: Resource) -> Iterator[Obj]:
    entry: Obj = {
        "name": row.plural,
        "singularName": row.one,
        "namespaced": row.namespaced,
        "kind": row.kind,
        "verbs": list(row.verbs),
    }
    if row.short:
        entry["shortNames"] = list(row.short)
    if row.categories:
        entry["categories"] = list(row.categories)
    if row.verbs != ("create",):
        entry["storageVersionHash"] = row.storage_hash
    yield entry
    for sub in row.subresources:
        entry = {"name": f"{row.plural}/{sub}", "singularName": "", "namespaced": row.namespaced}
        kind = row.kind
        if sub == "scale":
            entry |= {"group": "autoscaling", "version": "v1"}
            kind = "Scale"
        elif sub == "proxy":
            kind = "PodProxyOptions"
        yield entry | {"kind": kind, "verbs": _SUB_VERBS[sub]}


def aggregated(*, legacy: bool) -> Obj:
    """Answer GET /api (legacy) or /apis in the aggregated form."""
    items = [
        {
            "metadata": {"name": name} if name else {},
            "versions": [
                {"version": version, "resources": [_modern(row) for row in rows], "freshness": "Current"}
                for version, rows in versions
            ],
        }
        for name, versions in _groups().items()
        if bool(name) is not legacy
    ]
    head: Obj = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}}
    return head | {"items": items}


def _modern(row: Resource) -> Obj:
    entry: Obj = {
        "resource": row.plural,
        "responseKind": {"group": "", "version": "", "kind": row.kind},
        "scope": "Namespaced" if row.namespaced else "Cluster",
        "singularResource": row.one,
        "verbs": list(row.verbs),
    }
    if row.short:
        entry["shortNames"] = list(row.short)
    if row.categories:
        entry["categories"] = list(row.categories)
    subs: list[Obj] = []
    for sub in row.subresources:
        kind = {"group": "", "version": "", "kind": row.kind}
        if sub == "scale":
            kind = {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        elif sub == "proxy":
            kind = {"group": "", "version": "", "kind": "PodProxyOptions"}
        subs.append({"subresource": sub, "responseKind": kind, "verbs": _SUB_VERBS[sub]})
    return entry | ({"subresources": subs} if subs else {})
