"""What a container's process is given: its environment and its command line."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import sandbox
from sandbox.kube.reading import part, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.images import Image
    from sandbox.kube.store import Obj, Store

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)")


class ConfigError(Exception):
    """A container asks for a ConfigMap, Secret or key that is not there (CreateContainerConfigError)."""


def _expand(text: str, known: Mapping[str, str]) -> str:
    """Fill in $(NAME); unknown names stay as they are and $$ is a dollar, as in Kubernetes."""

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        return "$" if name is None else known.get(name, match.group(0))

    return _REFERENCE.sub(fill, text)


def _data(store: Store, resource: str, namespace: str, reference: Obj) -> dict[str, str] | None:
    """Return a ConfigMap's or Secret's decoded data; None if it is absent but optional."""
    held = store.find(resource, namespace, reference["name"])
    if held is None:
        if reference.get("optional"):
            return None
        raise ConfigError(f'{resource.removesuffix("s")} "{reference["name"]}" not found')
    data: dict[str, str] = part(held, "data")
    if resource == "secrets":
        return {key: base64.b64decode(value).decode() for key, value in data.items()}
    return dict(data)


def _field(pod: Obj, ip: str, path: str) -> str:
    meta, spec = pod["metadata"], pod["spec"]
    if match := re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path):
        return str(part(meta, match.group(1)).get(match.group(2), ""))
    known = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta["namespace"],
        "metadata.uid": meta["uid"],
        "status.podIP": ip,
        "spec.nodeName": spec.get("nodeName", ""),
        "status.hostIP": "127.0.0.1",
        "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
    }
    if path not in known:
        raise ConfigError(f"unsupported fieldPath: {path}")
    return known[path]


def _value(store: Store, pod: Obj, ip: str, entry: Obj, known: Mapping[str, str]) -> str | None:
    """Return one env entry's value; None if it is optional and absent."""
    source: Obj = part(entry, "valueFrom")
    if "fieldRef" in source:
        return _field(pod, ip, source["fieldRef"]["fieldPath"])
    for kind, resource in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
        if kind in source:
            namespace, reference = pod["metadata"]["namespace"], source[kind]
            data = _data(store, resource, namespace, reference) or {}
            if reference["key"] not in data and not reference.get("optional"):
                what = "ConfigMap" if resource == "configmaps" else "Secret"
                raise ConfigError(f"couldn't find key {reference['key']} in {what} {namespace}/{reference['name']}")
            return data.get(reference["key"])
    return _expand(entry.get("value", ""), known)


def _configured(store: Store, pod: Obj, ip: str, container: Obj) -> dict[str, str]:
    """Return envFrom and env of a container; env wins."""
    namespace = pod["metadata"]["namespace"]
    found: dict[str, str] = {}
    for source in rows(container, "envFrom"):
        for kind, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            if kind in source:
                data = _data(store, resource, namespace, source[kind]) or {}
                found |= {source.get("prefix", "") + key: value for key, value in data.items()}
    for entry in rows(container, "env"):
        value = _value(store, pod, ip, entry, found)
        if value is not None:
            found[entry["name"]] = value
    return found


def environment(
    store: Store, pod: Obj, ip: str, container: Obj, *, image: Image, node: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a container's process; `node` (and what names the pod) wins over all.

    Nothing of our own environment leaks in but PATH: a pod must not depend on who started the sandbox.
    """
    found = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(sandbox.__file__).resolve().parent.parent),
        "PYTHONUNBUFFERED": "1",
        **image.env,
        **_configured(store, pod, ip, container),
    }
    meta = pod["metadata"]
    own = ",".join(entry["name"] for entry in rows(container, "env"))  # what the Deployment itself sets
    named = {"SANDBOX_OWN_ENV": own, "POD_NAME": meta["name"], "POD_NAMESPACE": meta["namespace"], "POD_IP": ip}
    return found | named | {"NODE_NAME": pod["spec"].get("nodeName", "")} | dict(node)


def command_line(container: Obj, image: Image, known: Mapping[str, str], directory: Path) -> list[str]:
    """Return argv: the image's command, unless the container has its own command or arguments."""
    words: dict[str, list[str]] = {name: container.get(name) or [] for name in ("command", "args")}
    command, args = ([_expand(word, known) for word in words[name]] for name in ("command", "args"))
    if command:
        return command + args
    ports = rows(container, "ports")
    port = ports[0]["containerPort"] if ports else 0
    place = [word.format(ip=known["POD_IP"], port=port, dir=directory) for word in image.place]
    return [*image.command, *place, *args]
