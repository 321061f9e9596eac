"""Objects the contract tests create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.kube.store import Obj


def configmap(name: str, labels: dict[str, str] | None = None, **data: str) -> Obj:
    """Return a ConfigMap."""
    meta: Obj = {"name": name} | ({"labels": labels} if labels else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data or {"key": "value"}}


def deployment(name: str = "web", replicas: int = 0) -> Obj:
    """Return a Deployment; without replicas no cluster starts anything for it."""
    labels = {"app": name}
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    container: dict[str, Any] = {"name": "main", "image": "example:1", "env": env}
    container["ports"] = [{"containerPort": 80, "name": "http"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def ingress(name: str = "web", **annotations: str) -> Obj:
    """Return an Ingress of a class nobody serves."""
    backend = {"service": {"name": name, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec = {"ingressClassName": "contract", "rules": [{"host": "contract.invalid", "http": {"paths": [path]}}]}
    meta = {"name": name, "annotations": annotations}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta, "spec": spec}


def container_of(obj: Obj) -> Obj:
    """Return a Deployment's first container."""
    return obj["spec"]["template"]["spec"]["containers"][0]
