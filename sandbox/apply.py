"""Bring objects into a cluster through its API, as a person with kubectl would: created if new, replaced if changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import yaml

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from sandbox.kube.store import Obj

MANIFESTS = Path(__file__).parent / "manifests"
_PLURALS = {
    "Namespace": "namespaces",
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "Service": "services",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "IngressClass": "ingressclasses",
    "Ingress": "ingresses",
    "Pod": "pods",
}
_KEPT = "deployment.kubernetes.io/"  # annotations that belong to a controller, not to a manifest


def manifests(name: str) -> list[Obj]:
    """Return the objects of one manifest file, in order."""
    text = (MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8")
    return [obj for obj in yaml.safe_load_all(text) if obj]


def path_of(obj: Obj) -> tuple[str, str]:
    """Return an object's collection path and its own path."""
    version = obj["apiVersion"]
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    namespace = obj["metadata"].get("namespace")
    scope = f"/namespaces/{namespace}" if namespace else ""
    collection = f"{root}{scope}/{_PLURALS[obj['kind']]}"
    return collection, f"{collection}/{obj['metadata']['name']}"


class Admin:
    """A client with every right in one cluster."""

    def __init__(self, url: str, token: str, tls: ssl.SSLContext) -> None:
        """Connect lazily; use as an async context manager."""
        self._session = aiohttp.ClientSession(
            url, headers={"Authorization": f"Bearer {token}"}, connector=aiohttp.TCPConnector(ssl=tls)
        )

    async def __aenter__(self) -> Admin:
        """Open."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._session.close()

    async def apply(self, objects: Iterable[Obj]) -> None:
        """Create or replace each object."""
        for obj in objects:
            collection, own = path_of(obj)
            live = await self._call("GET", own, missing_ok=True)
            if live is None:
                _ = await self._call("POST", collection, obj)
            else:
                _ = await self._call("PUT", own, _merged(live, obj))

    async def delete(self, obj: Obj) -> None:
        """Delete an object; one that is gone already is fine."""
        _ = await self._call("DELETE", path_of(obj)[1], missing_ok=True)

    async def _call(self, method: str, path: str, body: Obj | None = None, *, missing_ok: bool = False) -> Obj | None:
        async with self._session.request(method, path, json=body) as answer:
            said: dict[str, Any] = await answer.json()
            if answer.status == 404 and missing_ok:
                return None
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {said.get('message')}")
            return said


def _merged(live: Obj, wanted: Obj) -> Obj:
    """Return `wanted` as a replacement of `live`: same identity, the controllers' annotations kept."""
    new = {**live, **{key: value for key, value in wanted.items() if key != "metadata"}}
    annotations: dict[str, str] = live["metadata"].get("annotations") or {}
    kept = {key: value for key, value in annotations.items() if key.startswith(_KEPT)}
    meta = {**live["metadata"], **wanted["metadata"]}
    meta["annotations"] = {**wanted["metadata"].get("annotations", {}), **kept}
    return {**new, "metadata": meta}
