"""The API that a test talks to: ours, started in a thread of this process, or a real cluster's."""

from __future__ import annotations

import asyncio
import datetime
import secrets
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.kube import authz, pki
from sandbox.kube.server import ApiServer
from sandbox.kube.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.kube.store import Obj
    from sandbox.kube.views import Lens

TOKENS = {"admin": "admin-token", "reader": "reader-token", "actor": "actor-token", "traefik": "traefik-token"}
HERE = Path(__file__).parent


def users(namespace: str = "default") -> dict[str, authz.User]:
    """Return one user of each rule set by token."""
    rules = {
        "admin": authz.admin(),
        "reader": authz.reader(namespace),
        "actor": authz.actor(namespace),
        "traefik": authz.ingress_controller(),
    }
    return {token: authz.User(name, (), rules[name]) for name, token in TOKENS.items()}


class Backend:
    """Our API server and its store on an event loop of their own, for the length of a `with`."""

    def __init__(
        self,
        folder: Path,
        lens: Lens | None = None,
        known: Mapping[str, authz.User] | None = None,
        server: type[ApiServer] = ApiServer,
    ) -> None:
        """Prepare; files go to `folder`, `known` are the users by token."""
        self.folder, self.logs, self.audit = folder, folder / "logs", folder / "audit.jsonl"
        self.store = Store(lambda: datetime.datetime.now(datetime.UTC))
        self._lens = lens
        self._class = server
        self._users = known or users()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Backend:
        """Start listening."""
        self._thread.start()
        self.pki = pki.create(self.folder / "pki")
        self.server = self._class(self.store, users=self._users, logs=self.logs, lens=self._lens, audit=self.audit)
        starting = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
        self.url = f"https://127.0.0.1:{starting.result(10)}"
        self.kubeconfig = self.folder / "kubeconfig"
        contexts = [pki.Context(name, self.url, "default", token) for name, token in TOKENS.items()]
        pki.kubeconfig(self.kubeconfig, self.pki, contexts)
        return self

    async def _start(self) -> int:
        for name in ("default", "kube-system"):
            _ = self.store.create("namespaces", namespace(name))
        return await self.server.start("127.0.0.1", 0, self.pki.server_context())

    def __exit__(self, *_: object) -> None:
        """Stop listening and end the loop."""
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(10)
        stopping = self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        assert not stopping.cancelled()
        self._loop.close()

    def on_loop(self, work: Callable[[Store], Any]) -> Any:
        """Do something with the store where it lives."""

        async def call() -> Any:
            return work(self.store)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)

    def relens(self) -> None:
        """Tell the server that its lens changed."""
        _ = self.on_loop(lambda _: self.server.relens())

    def api(self, user: str | None = "admin") -> Api:
        """Return a client of one of the users, or of nobody."""
        headers = {"Authorization": f"Bearer {TOKENS[user]}"} if user else {}
        return Api(self.url, ssl.create_default_context(cafile=str(self.pki.ca)), headers)


def namespace(name: str) -> Obj:
    """Return a namespace as the API stores it."""
    head = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    return head | {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: httpx.Headers


class Api:
    """A plain HTTP client: requests as they are, answers decoded."""

    def __init__(self, url: str, tls: ssl.SSLContext, headers: Mapping[str, str]) -> None:
        """Talk to one server as one user."""
        self.client = httpx.Client(base_url=url, verify=tls, headers=dict(headers), timeout=30)

    def call(self, method: str, path: str, body: Any = None, media: str = "application/json", **headers: str) -> Answer:
        """Send one request; a body that is no text or bytes goes as JSON."""
        sent = {"Accept": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            sent["Content-Type"] = media
        if body is None or isinstance(body, (str, bytes)):
            got = self.client.request(method, path, content=body, headers=sent)
        else:
            got = self.client.request(method, path, content=httpx.Request("POST", "/", json=body).content, headers=sent)
        is_json = got.headers.get("Content-Type", "").startswith("application/json") and "\n{" not in got.text[:-1]
        return Answer(got.status_code, got.json() if is_json and got.text else got.text, got.headers)

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """POST."""
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any) -> Answer:
        """PUT."""
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Any, kind: str = "merge") -> Answer:
        """PATCH; `kind` is json, merge, strategic or apply."""
        media = {"apply": "application/apply-patch+yaml", "json": "application/json-patch+json"}
        named = {"merge": "application/merge-patch+json", "strategic": "application/strategic-merge-patch+json"}
        return self.call("PATCH", path, body, media=(media | named)[kind])

    def delete(self, path: str, body: Any = None) -> Answer:
        """DELETE."""
        return self.call("DELETE", path, body)

    def close(self) -> None:
        """Close its connections."""
        self.client.close()


def scratch() -> str:
    """Return a namespace name nobody uses."""
    return f"contract-{secrets.token_hex(4)}"
