"""Kubernetes objects for tests, as an API server gives them."""

from __future__ import annotations

from typing import Any

from harness.observe.snapshot import ClusterSnapshot, Part

PREFIX = "nginx.ingress.kubernetes.io/"
Obj = dict[str, Any]


def ingress(
    name: str, service: str, notes: Obj | None = None, class_name: str | None = "nginx", path: str = "/"
) -> Obj:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    spec: Obj = {
        "rules": [{"host": "api.test", "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}]
    }
    if class_name is not None:
        spec["ingressClassName"] = class_name
    annotations = {PREFIX + key: value for key, value in (notes or {}).items()}
    return {"metadata": {"name": name, "uid": name, "annotations": annotations}, "spec": spec}


def ingress_class(name: str = "nginx", controller: str = "k8s.io/ingress-nginx") -> Obj:
    return {"metadata": {"name": name}, "spec": {"controller": controller}}


def service(name: str) -> Obj:
    return {"metadata": {"name": name}, "spec": {"selector": {"app": name}}}


def endpoints(of: str, ready: int, unready: int = 0) -> Obj:
    flags = [True] * ready + [False] * unready
    return {
        "metadata": {"name": f"{of}-x", "labels": {"kubernetes.io/service-name": of}},
        "endpoints": [{"addresses": [f"10.0.0.{n}"], "conditions": {"ready": flag}} for n, flag in enumerate(flags)],
    }


def pod(name: str, owner: str, digest: str, *, ready: bool = True, restarts: int = 0, **meta: object) -> Obj:
    return {
        "metadata": {"name": name, "uid": name, "ownerReferences": [{"uid": owner, "kind": "ReplicaSet"}], **meta},
        "spec": {"containers": [{"name": "backend", "env": [{"name": "TOKEN", "value": "hush"}]}, {"name": "proxy"}]},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {"name": "proxy", "imageID": "proxy@sha256:" + "9" * 64},
                {"name": "backend", "imageID": f"repo/backend@{digest}", "restartCount": restarts},
            ],
        },
    }


def owned(name: str, owner: str = "") -> Obj:
    references = [{"uid": owner}] if owner else []
    return {"metadata": {"name": name, "uid": name, "ownerReferences": references}, "spec": {}}


MARKED = {"canary": "true", "canary-weight": "10", "canary-by-header": "X-Canary", "canary-by-cookie": "canary"}


def snapshot(*ingresses: Obj, **parts: list[Obj] | str) -> ClusterSnapshot:
    """Return a healthy cluster with these Ingresses; a part given as text is an error."""
    usual: dict[str, list[Obj] | str] = {
        "ingresses": list(ingresses),
        "ingressclasses": [ingress_class()],
        "services": [service("onesource"), service("onesource-canary")],
        "endpointslices": [endpoints("onesource", 3), endpoints("onesource-canary", 2)],
    }
    whole = {
        name: Part(error=given) if isinstance(given, str) else Part(items=tuple(given))
        for name, given in (usual | parts).items()
    }
    return ClusterSnapshot(environment="production", context="prod", namespace="shop", uid="u-1", parts=whole)
