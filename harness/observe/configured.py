"""What a cluster is told of the feature flags: Deployments, the pods made from them, their ConfigMaps.

Only the flags' own values leave this module: of everything else in an environment or a ConfigMap nothing, and of a
Secret no more than its name, for no Secret is ever read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from harness.judge.flags import Value, plain
from harness.kube_client import KubeClient, KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.target import Environment, Target

MAIN: Final = "kubectl.kubernetes.io/default-container"

T = TypeVar("T")


class _Camel(msgspec.Struct, frozen=True, rename="camel"):
    """Kubernetes writes camelCase."""


class _Key(_Camel, frozen=True):
    name: str = ""
    key: str = ""


class _Source(_Camel, frozen=True):
    config_map_key_ref: _Key | None = None
    secret_key_ref: _Key | None = None


class _Env(_Camel, frozen=True):
    name: str
    value: str = ""
    value_from: _Source | None = None


class _From(_Camel, frozen=True):
    prefix: str = ""
    config_map_ref: _Key | None = None
    secret_ref: _Key | None = None


class _Port(_Camel, frozen=True):
    container_port: int = 0


class ContainerSpec(_Camel, frozen=True):
    """A container's environment; only flags are looked up in it."""

    name: str = ""
    ports: tuple[_Port, ...] | None = None
    env: tuple[_Env, ...] | None = None
    env_from: tuple[_From, ...] | None = None


class _Meta(_Camel, frozen=True):
    name: str = ""
    deletion_timestamp: str | None = None
    annotations: dict[str, object] | None = None


class _PodSpec(_Camel, frozen=True):
    containers: tuple[ContainerSpec, ...] = ()


class _Pod(_Camel, frozen=True):
    metadata: _Meta = _Meta()
    spec: _PodSpec = _PodSpec()


class _Spec(_Camel, frozen=True):
    replicas: int | None = None
    template: _Pod = _Pod()


class _Deployment(_Camel, frozen=True):
    spec: _Spec = _Spec()


class _Pods(_Camel, frozen=True):
    items: tuple[_Pod, ...] = ()


class _Map(_Camel, frozen=True):
    data: dict[str, str] | None = None


class _Unread(Exception):  # noqa: N818  it never leaves this module
    """Why something could not be read, in words of ours."""


def read(environment: Environment, target: Target) -> tuple[Value, ...]:
    """Return what each place of the cluster says of each flag; a place that can't be read says why."""
    flags = tuple(flag.env for flag in target.flags)
    try:
        cluster = _Cluster(environment)
    except _Unread as trouble:
        return tuple(Value(flag, "the cluster", "cluster", why=str(trouble)) for flag in flags)
    found: list[Value] = []
    for name in dict.fromkeys(environment.deployments.values()):
        found += _deployment(cluster, name, flags, target.metrics.port)
    if not environment.deployments:
        found += [Value(flag, "the cluster", "cluster", why="the profile names no Deployment") for flag in flags]
    found += _pods(cluster, target.logs.selector, flags, target.metrics.port)
    return tuple(dict.fromkeys(found))


def main_of(containers: Sequence[ContainerSpec], port: int, annotated: object = None) -> ContainerSpec | None:
    """Return the container that serves: the one with the port, else the annotated default, else the first."""
    by_port = (one for one in containers if any(p.container_port == port for p in one.ports or ()))
    by_name = (one for one in containers if one.name == annotated)
    return next(by_port, None) or next(by_name, None) or next(iter(containers), None)


def _deployment(cluster: _Cluster, name: str, flags: Sequence[str], port: int) -> Iterator[Value]:
    place = f"deployment/{name}"
    try:
        spec = cluster.deployment(name).spec
    except _Unread as trouble:
        yield from (Value(flag, place, "cluster", why=str(trouble)) for flag in flags)
        return
    if spec.replicas == 0:
        return  # asleep: nobody runs with what it says
    template = spec.template
    container = main_of(template.spec.containers, port, (template.metadata.annotations or {}).get(MAIN))
    for flag in flags:
        values = [] if container is None else list(_told(cluster, container, flag, place))
        yield from values or [Value(flag, place, "cluster", why="set nowhere in its env and envFrom")]


def _pods(cluster: _Cluster, selector: str, flags: Sequence[str], port: int) -> Iterator[Value]:
    """Return what the pods' own templates say: a pod of before the last change has another one."""
    try:
        pods = cluster.pods(selector)
    except _Unread as trouble:
        yield from (Value(flag, "the pods", "cluster", why=str(trouble)) for flag in flags)
        return
    for pod in pods:
        if pod.metadata.deletion_timestamp is not None:
            continue
        container = main_of(pod.spec.containers, port, (pod.metadata.annotations or {}).get(MAIN))
        entries = {} if container is None else {one.name: one for one in container.env or ()}
        for flag in flags:
            if flag in entries and entries[flag].value_from is None:
                yield Value(flag, f"pod {pod.metadata.name} env", "cluster", plain(entries[flag].value))


def _told(cluster: _Cluster, container: ContainerSpec, flag: str, place: str) -> Iterator[Value]:
    """Return each source of a flag in a container: its env entry, and every envFrom that has the key.

    The entry wins, and of several envFrom the last; one that says otherwise is overruled, which is a finding itself.
    """
    entry = next((one for one in reversed(container.env or ()) if one.name == flag), None)
    if entry is not None:
        source = entry.value_from
        if source is None:
            yield Value(flag, f"{place} env", "cluster", plain(entry.value))
        elif source.config_map_key_ref is not None:
            yield from _of_map(cluster, source.config_map_key_ref.name, source.config_map_key_ref.key, flag, must=True)
        elif source.secret_key_ref is not None:
            yield _secret(flag, source.secret_key_ref.name, source.secret_key_ref.key)
        else:
            yield Value(flag, f"{place} env", "cluster", why="taken from a field of the pod, which is not read")
    told = entry is not None
    sources = [one for one in container.env_from or () if flag.startswith(one.prefix)]
    for one in sources:
        if one.config_map_ref is not None:
            for value in _of_map(cluster, one.config_map_ref.name, flag.removeprefix(one.prefix), flag, must=False):
                told = True
                yield value
    if not told:  # a Secret that overrules a ConfigMap shows by what the product says
        yield from (_secret(flag, one.secret_ref.name, flag) for one in sources if one.secret_ref is not None)


def _secret(flag: str, name: str, key: str) -> Value:
    return Value(flag, f"secret/{name}", "cluster", why=f"the value comes from the Secret's key {key}, never read")


def _of_map(cluster: _Cluster, name: str, key: str, flag: str, *, must: bool) -> Iterator[Value]:
    place = f"configmap/{name}"
    try:
        data = cluster.config_map(name)
    except _Unread as trouble:
        yield Value(flag, place, "cluster", why=str(trouble))
        return
    if key in data:
        yield Value(flag, place, "cluster", plain(data[key]))
    elif must:
        yield Value(flag, place, "cluster", why=f"no key {key}")


class _Cluster:
    """The few reads it takes, each ConfigMap once."""

    def __init__(self, environment: Environment) -> None:
        if not environment.context:
            raise _Unread("the profile names no context, so there is no cluster access")
        try:
            self._client = KubeClient(environment.kubeconfig, environment.context)
        except KubeError as trouble:
            raise _Unread(str(trouble)) from None
        self._namespace = environment.namespace
        self._maps: dict[str, dict[str, str]] = {}

    def deployment(self, name: str) -> _Deployment:
        """Return a Deployment."""
        return self._get("/apis/apps/v1", f"deployments/{name}", _Deployment)

    def pods(self, selector: str) -> tuple[_Pod, ...]:
        """Return the pods that labels select."""
        return self._get("/api/v1", "pods", _Pods, query=[("labelSelector", selector)]).items

    def config_map(self, name: str) -> dict[str, str]:
        """Return what a ConfigMap holds."""
        if name not in self._maps:
            self._maps[name] = self._get("/api/v1", f"configmaps/{name}", _Map).data or {}
        return self._maps[name]

    def _get(self, group: str, what: str, kind: type[T], *, query: Sequence[tuple[str, str]] = ()) -> T:
        try:
            found = self._client.ask("GET", f"{group}/namespaces/{self._namespace}/{what}", query=query)
            return msgspec.convert(found, kind)
        except KubeError as trouble:
            raise _Unread(str(trouble)) from None
        except msgspec.ValidationError:
            raise _Unread(f"{what}: an answer of another shape") from None
