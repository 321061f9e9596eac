"""The official client reduced to one call: a kubeconfig's connection and credentials, JSON there and back.

Reading and acting both stand on it. The client is imported when it is needed: it takes more than half a second.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECT_S, READ_S = 3.0, 10.0
UNUSABLE = "kubeconfig or context unusable"
_WORD = re.compile(r"[A-Za-z]{1,40}")
_FIELD = re.compile(r"[\w.\[\]/-]{1,80}")


class KubeError(HarnessError):
    """A request that gave no JSON object, in one line without addresses, tokens or bodies.

    `status` is None where the server did not answer at all; `reason` is the API's own word ("AlreadyExists"), `fields`
    are those it found invalid.
    """

    def __init__(self, said: str, *, status: int | None = None, reason: str = "", fields: tuple[str, ...] = ()) -> None:
        """Say what came instead."""
        super().__init__(said)
        self.status, self.reason, self.fields = status, reason, fields

    @property
    def reachable(self) -> bool:
        """Tell whether the server answered, whatever it said."""
        return self.status is not None


class KubeClient:
    """One context of a kubeconfig."""

    def __init__(self, kubeconfig: str, context: str) -> None:
        """Read the kubeconfig ("": the client's own rules); KubeError where it or the context can't be used."""
        client: Any = importlib.import_module("kubernetes.client")
        config: Any = importlib.import_module("kubernetes.config")
        self._failures: tuple[type[Exception], ...] = (
            client.rest.ApiException,
            importlib.import_module("urllib3.exceptions").HTTPError,
            OSError,
        )
        settings = client.Configuration()
        settings.retries = False  # a retry hides the trouble we are looking for, and writes twice
        try:
            self._client: Any = config.new_client_from_config(
                config_file=kubeconfig or None, context=context, persist_config=False, client_configuration=settings
            )
        except Exception as trouble:  # noqa: BLE001  kubeconfigs fail in many ways, and their text may hold a token
            raise KubeError(f"{UNUSABLE} ({type(trouble).__name__}); check --context {context}") from None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: dict[str, Any] | None = None,
        media: str = "application/json",
    ) -> dict[str, Any]:
        """Send one request, once, and return the JSON object of its answer; KubeError."""
        try:
            request = self._client.param_serialize(
                method=method,
                resource_path=path,
                query_params=list(query),
                header_params={"Accept": "application/json"} | ({"Content-Type": media} if body is not None else {}),
                body=body,
                auth_settings=["BearerToken"],
            )
            answer = self._client.call_api(*request, _request_timeout=(CONNECT_S, READ_S))
            status, reason, data = int(answer.status), str(answer.reason), answer.read()
        except self._failures as trouble:
            raise KubeError(f"the API did not answer ({_root(trouble)})") from None
        if status >= 400:
            word, fields = _why(data)
            raise KubeError(f"HTTP {status} {reason} for {path}", status=status, reason=word, fields=fields)
        try:
            return msgspec.json.decode(data, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise KubeError(f"no JSON object from {path}", status=status) from None


class _Cause(msgspec.Struct):
    field: str = ""


class _Details(msgspec.Struct):
    causes: tuple[_Cause, ...] = ()


class _Status(msgspec.Struct):
    reason: str = ""
    details: _Details = msgspec.field(default_factory=_Details)


def _why(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return of a Status its reason and invalid fields; its message is left where it is, since it quotes values."""
    try:
        said = msgspec.json.decode(data, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", ()
    fields = tuple(cause.field for cause in said.details.causes if _FIELD.fullmatch(cause.field))
    return (said.reason if _WORD.fullmatch(said.reason) else ""), fields[:3]


def _root(trouble: BaseException) -> str:
    """Name the cause behind the library's wrapping, without text that may carry an address or a token."""
    reason = getattr(trouble, "reason", None)
    inner = reason if isinstance(reason, BaseException) else trouble.__cause__ or trouble.__context__
    return type(trouble).__name__ if inner is None else f"{type(trouble).__name__}: {type(inner).__name__}"
