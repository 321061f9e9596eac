"""Read a cluster with the official client, the way kubectl would: same kubeconfig, same authentication.

The client is imported when it is needed: it takes more than half a second. What can't be read becomes an error
in the snapshot, by resource; nothing is raised, since a cluster that can't be read is a finding of its own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

import msgspec

from harness.observe.scrub import scrubbed
from harness.observe.snapshot import ClusterSnapshot, Part
from harness.target import GatewayRouting

if TYPE_CHECKING:
    from harness.target import Environment

CONNECT_S, READ_S = 3.0, 10.0
_ERRORS_SHOWN = 200

NAMESPACED: dict[str, str] = {
    "ingresses": "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses",
    "services": "/api/v1/namespaces/{namespace}/services",
    "endpointslices": "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
    "deployments": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "replicasets": "/apis/apps/v1/namespaces/{namespace}/replicasets",
    "pods": "/api/v1/namespaces/{namespace}/pods",
    "ingressclasses": "/apis/networking.k8s.io/v1/ingressclasses",
}
GATEWAY = {"httproutes": "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes"}
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def read(name: str, environment: Environment) -> ClusterSnapshot:
    """Return what the environment's context shows of its namespace, env values and the like taken out."""
    about = ClusterSnapshot(environment=name, context=environment.context, namespace=environment.namespace)
    if not environment.context:
        return _nothing(about, "the profile names no context, so there is no cluster access")
    try:
        api = _Api(environment)
    except Exception as trouble:  # noqa: BLE001  kubeconfigs fail in many ways, and their text may hold a token
        said = f"kubeconfig or context unusable ({type(trouble).__name__}); check --context {environment.context}"
        return _nothing(about, said)
    uid, uid_error, reachable = api.uid()
    if not reachable:
        return _nothing(about, uid_error)
    wanted = NAMESPACED | (GATEWAY if isinstance(environment.routing, GatewayRouting) else {})
    parts = {kind: api.items(path.format(namespace=environment.namespace)) for kind, path in wanted.items()}
    return msgspec.structs.replace(about, uid=uid, uid_error=uid_error, parts=parts)


def _nothing(about: ClusterSnapshot, error: str) -> ClusterSnapshot:
    return msgspec.structs.replace(about, uid_error=error, error=error)


class _Failed(Exception):  # noqa: N818  it never leaves this module
    """A request that gave no JSON object; `reachable` tells whether the server answered at all."""

    def __init__(self, said: str, *, reachable: bool) -> None:
        super().__init__(said[:_ERRORS_SHOWN])
        self.reachable = reachable


class _Api:
    """GET and JSON; the official client brings connection, certificates and credentials."""

    def __init__(self, environment: Environment) -> None:
        client: Any = importlib.import_module("kubernetes.client")
        config: Any = importlib.import_module("kubernetes.config")
        self._failures: tuple[type[Exception], ...] = (
            client.rest.ApiException,
            importlib.import_module("urllib3.exceptions").HTTPError,
            OSError,
        )
        settings = client.Configuration()
        settings.retries = False  # a retry hides the trouble we are looking for
        self._client: Any = config.new_client_from_config(
            config_file=environment.kubeconfig or None,
            context=environment.context,
            persist_config=False,
            client_configuration=settings,
        )

    def uid(self) -> tuple[str, str, bool]:
        """Return the cluster's uid, or why not, and whether the server answered."""
        try:
            found = msgspec.convert(self._get(KUBE_SYSTEM).get("metadata"), dict[str, object]).get("uid")
        except _Failed as trouble:
            return "", str(trouble), trouble.reachable
        except msgspec.ValidationError:
            found = None
        return (found, "", True) if isinstance(found, str) and found else ("", "kube-system has no uid", True)

    def items(self, path: str) -> Part:
        """Return all objects of a list, page by page, scrubbed."""
        gathered: list[dict[str, object]] = []
        more = ""
        try:
            while True:
                page = self._get(path, more)
                gathered += msgspec.convert(page.get("items"), list[dict[str, object]])
                more = str(msgspec.convert(page.get("metadata") or {}, dict[str, object]).get("continue") or "")
                if not more:
                    return Part(items=tuple(scrubbed(item) for item in gathered))
        except _Failed as trouble:
            return Part(error=str(trouble))
        except msgspec.ValidationError:
            return Part(error="the answer is not a list of objects")

    def _get(self, path: str, more: str = "") -> dict[str, object]:
        query = [("limit", "500")] + ([("continue", more)] if more else [])
        try:
            request = self._client.param_serialize(
                method="GET",
                resource_path=path,
                query_params=query if path != KUBE_SYSTEM else [],
                header_params={"Accept": "application/json"},
                auth_settings=["BearerToken"],
            )
            answer = self._client.call_api(*request, _request_timeout=(CONNECT_S, READ_S))
            status, reason, data = int(answer.status), str(answer.reason), answer.read()
        except self._failures as trouble:
            raise _Failed(f"the API did not answer ({_root(trouble)})", reachable=False) from None
        if status >= 400:
            said = f"HTTP {status} {reason} for {path}"
            raise _Failed(f"{said}{_RIGHTS if status in {401, 403} else ''}", reachable=True)
        try:
            return cast("dict[str, object]", msgspec.json.decode(data, type=dict[str, Any]))
        except msgspec.DecodeError:
            raise _Failed(f"no JSON object from {path}", reachable=True) from None


_RIGHTS = "; ask for read access (kubectl auth can-i)"


def _root(trouble: BaseException) -> str:
    """Name the cause behind the library's wrapping, without text that may carry an address or a token."""
    reason = getattr(trouble, "reason", None)
    inner = reason if isinstance(reason, BaseException) else trouble.__cause__ or trouble.__context__
    return type(trouble).__name__ if inner is None else f"{type(trouble).__name__}: {type(inner).__name__}"
