"""The Kubernetes API over HTTPS: what arrives, who asks, which verb it is, what goes back."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.kube import authz, codec, discovery, logs, openapi, proxy, reads
from sandbox.kube.audit import Audit
from sandbox.kube.reading import is_object
from sandbox.kube.resources import BY_PATH, Resource
from sandbox.kube.rest import Call, Reply, Writer
from sandbox.kube.status import ApiError, method_not_allowed, no_resource
from sandbox.kube.views import Views
from sandbox.kube.watching import Watcher

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.kube.authz import Ask, User
    from sandbox.kube.store import Event, Obj, Store
    from sandbox.kube.views import Lens

MAX_BODY = 3 * 1024 * 1024  # as the real one: etcd takes no larger object
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_READS = {"GET", "HEAD"}
_log = logging.getLogger(__name__)


class ApiServer:
    """Serves one store to many users until stopped."""

    def __init__(
        self,
        store: Store,
        *,
        users: Mapping[str, User],
        logs: Path,
        lens: Lens | None = None,
        gone: Lens | None = None,
        audit: Path | None = None,
    ) -> None:
        """Serve a store; `users` is by bearer token, `logs` the kubelet's folder, `audit` a file of writes."""
        self._store = store
        self._users = users
        self._logs = logs
        self._views = Views(store, lens, gone)
        self._writer = Writer(store)
        self._audit = Audit(audit)
        self._watchers: set[Watcher] = set()
        self._followers: set[asyncio.Task[object]] = set()
        self._proxy = proxy.Proxy()
        self._runner: web.AppRunner | None = None
        self._address = ""
        self._stopping = False

    async def start(self, host: str, port: int, tls: ssl.SSLContext) -> int:
        """Listen (port 0: any free one) and return the port."""
        app = web.Application(client_max_size=MAX_BODY)
        _ = app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=1.0,
            handler_cancellation=True,  # a client that leaves ends its watch
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=tls, reuse_address=True)
        await site.start()
        bound: int = self._runner.addresses[0][1]
        self._address = f"{host}:{bound}"
        self._store.subscribe("pods", self._pod_changed)
        return bound

    async def stop(self) -> None:
        """End open watches and log streams, then stop listening."""
        self._stopping = True
        for watcher in self._watchers:
            watcher.stop()
        for task in list(self._followers):
            _ = task.cancel()
        if self._runner is not None:
            self._store.unsubscribe("pods", self._pod_changed)
            open_ones = [handler.transport for handler in getattr(self._runner.server, "connections", ())]
            await self._runner.cleanup()
            for transport in filter(None, open_ones):
                transport.abort()  # a TLS goodbye waits for the other side, which may be idle for hours
            await asyncio.sleep(0.01)  # in which the loop drops them
            self._runner = None
        await self._proxy.close()
        self._audit.close()

    def relens(self) -> None:
        """Tell open watches of what the lens changed: ADDED, MODIFIED or DELETED of the differences."""
        for watcher in self._watchers:
            watcher.relens()

    def _pod_changed(self, event: Event) -> None:
        if event.type == "DELETED":
            self._writer.removal.finish_namespaces()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Answer any request; what is refused becomes a Status object."""
        user: User | None = None
        ask: Ask | None = None
        try:
            user = self._who(request)
            target = _target(request)
            ask = _ask(request, target)
            authz.authorize(user, ask)
            response = await self._serve(request, user, target, ask)
            self._audit.write(self._store.now(), user, ask, response.status)
        except ApiError as error:
            if user is not None and ask is not None:
                self._audit.write(self._store.now(), user, ask, error.code)
            return _json(error.code, error.body(), [])
        except Exception:  # noqa: BLE001 the client gets a Status, the log the traceback
            _log.exception("%s %s", request.method, request.path)
            return _json(500, ApiError(500, "InternalError", "Internal error occurred", {}).body(), [])
        return response

    def _who(self, request: web.Request) -> User:
        """Return who asks: the token's user, or whom that user may and wants to act as."""
        user = authz.authenticate(self._users, request.headers.get("Authorization", ""), request.path)
        other = request.headers.get("Impersonate-User", "")
        if not other:
            return user
        authz.authorize(user, authz.Ask("impersonate", resource="users", name=other))
        known = next((one for one in self._users.values() if one.name == other), None)
        return known or authz.User(other, ("system:authenticated",))

    async def _serve(self, request: web.Request, user: User, target: Call | None, ask: Ask) -> web.StreamResponse:
        if target is None:
            return self._describe(request)
        if ask.verb == "watch":
            return await self._watch(request, user, target)
        if target.subresource == "log":
            return await self._log(request, target)
        if target.subresource == "proxy":
            return await self._ask_pod(request, target)
        if request.method in _READS:
            return _json(200, self._read(request, user, target), [])
        call = replace(
            target,
            body=await request.read(),
            media=request.content_type if "Content-Type" in request.headers else "",
            manager=_manager(request),
        )
        reply = self._write(user, call, ask.verb)
        return _json(reply.code, self._formed(request, call, reply), reply.warnings)

    def _formed(self, request: web.Request, call: Call, reply: Reply) -> Obj:
        """Return a write's answer in the form the client asked for."""
        form = codec.form_of(request.headers.get("Accept", ""))
        if form == "object" or reply.body.get("kind") != call.resource.kind:
            return reply.body
        return reads.formed(self._store, call.resource, reply.body, form, dict(request.query))

    def _read(self, request: web.Request, user: User, call: Call) -> Obj:
        form = codec.form_of(request.headers.get("Accept", ""))
        if call.name:
            return reads.one(self._views, user.name, call, form)
        return reads.many(self._views, user.name, call, form)

    def _write(self, user: User, call: Call, verb: str) -> Reply:
        if call.resource.group == "authorization.k8s.io":
            return _review(user, call)
        if verb == "create":
            return self._writer.create(call)
        if verb == "update":
            return self._writer.update(call)
        if verb == "patch":
            return self._writer.patch(call)
        if verb == "delete":
            return self._writer.delete(call)
        return self._delete_many(user, call)

    def _delete_many(self, user: User, call: Call) -> Reply:
        chosen = self._views.current(user.name, call.resource, reads.selection(call))
        head = {"kind": f"{call.resource.kind}List", "apiVersion": call.resource.api_version}
        body: Obj = head | {"metadata": {"resourceVersion": str(self._store.rv)}, "items": list(chosen)}
        for obj in chosen:
            name, space = obj["metadata"]["name"], obj["metadata"].get("namespace", "")
            _ = self._writer.delete(replace(call, name=name, namespace=space))
        return Reply(200, body)

    async def _watch(self, request: web.Request, user: User, call: Call) -> web.StreamResponse:
        form = codec.form_of(request.headers.get("Accept", ""))
        with Watcher(self._views, reads.order(user.name, call, form)) as watcher:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            response.enable_chunked_encoding()
            self._watchers.add(watcher)
            if self._stopping:
                watcher.stop()
            try:
                _ = await response.prepare(request)
                async for frame in watcher.frames():
                    await response.write(frame)
                await response.write_eof()
            except (ConnectionError, asyncio.CancelledError):
                pass  # the client left, or the server is being torn down: neither is news
            finally:
                self._watchers.discard(watcher)
        return response

    async def _log(self, request: web.Request, call: Call) -> web.StreamResponse:
        pod = self._writer.current(call)
        wanted = logs.options(call.query, pod, self._store.now())
        path = logs.path_of(self._logs, pod, wanted)
        over = logs.ended(self._store, pod, wanted.container)
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        response.enable_chunked_encoding()
        task = asyncio.current_task()
        if task is not None:
            self._followers.add(task)
        try:
            _ = await response.prepare(request)
            async for text in logs.stream(path, wanted, over):
                await response.write(text)
            await response.write_eof()
        except (ConnectionError, asyncio.CancelledError):
            pass  # as above
        finally:
            if task is not None:
                self._followers.discard(task)
        return response

    async def _ask_pod(self, request: web.Request, call: Call) -> web.StreamResponse:
        if request.method not in _READS:  # a real server would pass it on; nobody here may change a pod that way
            raise method_not_allowed()
        asked = proxy.pod_id(call.name)
        pod = self._writer.current(replace(call, name=asked.name))
        return await self._proxy.forward(request, pod, asked, _after_proxy(request))

    def _describe(self, request: web.Request) -> web.Response:
        """Answer what is about the server itself: discovery, version, health, schemas."""
        if request.method not in _READS:
            raise method_not_allowed()
        path = request.path.rstrip("/")
        if re.fullmatch(r"/(readyz|livez|healthz)(/ping)?", path):
            return web.Response(text="ok")
        if "APIGroupDiscoveryList" in request.headers.get("Accept", "") and path in {"/api", "/apis"}:
            body = codec.dump(discovery.aggregated(legacy=path == "/api"))
            return web.Response(body=body, headers={"Content-Type": discovery.AGGREGATED, "Vary": "Accept"})
        if path.startswith("/openapi"):
            return openapi.answer(path)
        found = self._discovered(path)
        if found is None:
            raise no_resource()
        return _json(200, found, [])

    def _discovered(self, path: str) -> Obj | None:
        fixed = {"/version": lambda: discovery.VERSION, "/apis": discovery.groups}
        fixed["/api"] = lambda: discovery.core(self._address)
        fixed["/api/v1"] = lambda: discovery.resources("", "v1") or {}
        if path in fixed:
            return fixed[path]()
        match = re.fullmatch(r"/apis/([^/]+)(?:/([^/]+))?", path)
        if match is None:
            return None
        group, version = match.groups()
        if version:
            return discovery.resources(group, version)
        one = discovery.group(group)
        return one and {"kind": "APIGroup", "apiVersion": "v1"} | one


def _target(request: web.Request) -> Call | None:
    """Read a path: the resource, subresource and object it names, or None if it is about the server."""
    match = re.fullmatch(
        r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))/(?P<rest>.+?)/?", request.path
    )
    if match is None:
        return None
    group, version = match["group"] or "", match["version"] or "v1"
    parts = match["rest"].split("/")
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in {"status", "finalize"}:
        namespace, parts = parts[1], parts[2:]
    resource: Resource | None = BY_PATH.get((group, version, parts[0]))
    deep = len(parts) > 3 and parts[2] != "proxy"  # behind a proxy the path is the pod's own
    if resource is None or deep or (namespace and not resource.namespaced):
        raise no_resource()
    name = parts[1] if len(parts) > 1 else ""
    subresource = parts[2] if len(parts) > 2 else ""
    if subresource and subresource not in resource.subresources:
        raise no_resource()
    if resource.namespaced and not namespace and (name or request.method == "POST"):
        raise no_resource()
    return Call(resource, subresource, namespace, name, dict(request.query))


def _after_proxy(request: web.Request) -> str:
    """Return what follows `/pods/NAME/proxy`, escaped as it was sent; empty when not even a slash does."""
    match = re.fullmatch(r"/api/v1/namespaces/[^/]+/pods/[^/]+/proxy(/.*)?", request.rel_url.raw_path)
    return (match[1] or "") if match else ""


def _ask(request: web.Request, call: Call | None) -> Ask:
    """Name the verb of a request as rules and messages do."""
    if call is None:
        return authz.Ask("get" if request.method in _READS else request.method.lower(), path=request.path)
    behind = call.subresource == "proxy"  # there query and method are the pod's own
    if request.method in _READS:
        watching = not behind and codec.truth(request.query, "watch")
        verb = "watch" if watching else "get" if call.name else "list"
    else:
        verb = _VERBS.get(request.method, "")
        if verb == "delete" and not call.name:
            verb = "deletecollection"
    resource = call.resource
    ask = authz.Ask(verb, resource.group, resource.plural, call.subresource, call.namespace, call.name)
    if verb not in _known(resource, call.subresource) or (verb == "create" and call.name and not behind):
        raise method_not_allowed()
    return ask


def _known(resource: Resource, subresource: str) -> tuple[str, ...]:
    """Return the verbs that a resource or its subresource has."""
    if not subresource:
        return resource.verbs
    if subresource == "log":
        return ("get",)
    return ("create", "delete", "get", "patch", "update") if subresource == "proxy" else ("get", "patch", "update")


def _review(user: User, call: Call) -> Reply:
    raw = codec.decode(call.resource, call.body, call.media)
    spec: Obj = (raw if is_object(raw) else {}).get("spec") or {}
    head: Obj = {"kind": call.resource.kind, "apiVersion": call.resource.api_version, "metadata": {}}
    if call.resource.kind == "SelfSubjectAccessReview":
        return Reply(201, head | {"spec": spec, "status": authz.access_review(user, spec)})
    answer = authz.rules_review(user, spec.get("namespace", ""))
    return Reply(201, head | {"spec": {}, "status": answer})


def _manager(request: web.Request) -> str:
    """Return who owns the fields a request sets: its fieldManager, or its program's name."""
    agent = request.headers.get("User-Agent", "unknown")
    return request.query.get("fieldManager") or agent.partition("/")[0] or "unknown"


def _json(code: int, body: Obj, warnings: list[str]) -> web.Response:
    response = web.Response(status=code, body=codec.dump(body), headers={"Content-Type": "application/json"})
    for text in warnings:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{escaped}"')
    return response
