"""Watches: one client's stream of changes, through its selection and its lens."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandbox.kube import codec, tables
from sandbox.kube.store import GoneError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sandbox.kube.resources import Resource
    from sandbox.kube.selectors import Selection
    from sandbox.kube.store import Event, Obj
    from sandbox.kube.views import Views

BOOKMARK_EVERY_S = 60.0
_END_OF_INITIAL = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True, slots=True)
class Order:
    """What a watch asks for; `version` None means from now, with the present objects first if `replay`."""

    user: str
    resource: Resource
    selection: Selection
    version: int | None
    replay: bool
    initial: bool
    bookmarks: bool
    timeout_s: float
    form: codec.Form = "object"
    include: str = "Metadata"


class Watcher:
    """One open watch. Subscribe (`with`) before the first await, then iterate `frames`."""

    def __init__(self, views: Views, order: Order) -> None:
        """Prepare; nothing is received before `with`."""
        self._views = views
        self.order = order
        self._queue: asyncio.Queue[Event | Literal["relens", "stop"]] = asyncio.Queue()
        self._tell: Callable[[Event], None] = self._queue.put_nowait
        self._sent: dict[tuple[str, str], Obj] | None = None if views.lens is None else {}
        self._head = True
        self._first: list[bytes] = []

    def __enter__(self) -> Watcher:
        """Start receiving, and read what comes first: nothing may happen between the two."""
        try:
            self._first = self._opening()
        except GoneError as error:
            self._first = [self._expired(str(error))]
            self.stop()
        self._views.store.subscribe(self.order.resource.plural, self._tell)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop receiving."""
        self._views.store.unsubscribe(self.order.resource.plural, self._tell)

    def stop(self) -> None:
        """End the stream."""
        self._queue.put_nowait("stop")

    def relens(self) -> None:
        """Compare, in its turn, what the client has with what it would see now."""
        self._queue.put_nowait("relens")

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield one JSON line per event until the time is up or the server stops."""
        if self._first:
            yield b"".join(self._first)
            self._first = []
        ends = time.monotonic() + self.order.timeout_s
        while (left := ends - time.monotonic()) > 0:
            try:
                item = await asyncio.wait_for(self._queue.get(), min(left, BOOKMARK_EVERY_S))
            except TimeoutError:
                if self.order.bookmarks and left > BOOKMARK_EVERY_S:
                    yield self._bookmark({})
                continue
            frames: list[bytes] = []
            while item != "stop":
                frames += self._compare() if item == "relens" else self._frames(item)
                if self._queue.empty():
                    break
                item = self._queue.get_nowait()
            if frames:
                yield b"".join(frames)
            if item == "stop":
                return

    def _opening(self) -> list[bytes]:
        """Return what comes first: the missed changes, or the present objects and their end mark."""
        order, store = self.order, self._views.store
        frames: list[bytes] = []
        if order.version is not None and not order.replay:
            missed = list(store.since(order.resource.plural, order.version))
            if self._sent is not None:  # what the client has is what it saw at that version
                then = min(order.version, store.rv)
                had = self._views.at(order.user, order.resource, order.selection, then)
                self._sent = {_name(obj): obj for obj in had}
            for event in missed:
                frames += self._frames(event)
        elif order.replay:
            for obj in self._views.current(order.user, order.resource, order.selection):
                frames.append(self._frame("ADDED", obj))
            if order.initial and order.bookmarks:
                frames.append(self._bookmark(_END_OF_INITIAL))
        if self._sent is not None:
            present = self._views.current(order.user, order.resource, order.selection)
            self._sent = {_name(obj): obj for obj in present}
        return frames

    def _seen(self, obj: Obj | None) -> Obj | None:
        if obj is None:
            return None
        seen = self._views.one(self.order.user, self.order.resource, obj)
        return seen if seen is not None and self.order.selection.holds(seen) else None

    def _frames(self, event: Event) -> list[bytes]:
        """Return the event as this client has to see it: leaving the selection is a deletion."""
        gone = event.type == "DELETED"
        new = self._views.ghost(self.order.user, event.obj) if gone else self._seen(event.obj)
        if self._sent is None:
            old = self._seen(event.old)
        else:
            old = self._sent.pop(_name(event.obj), None)
            if new is not None:
                self._sent[_name(event.obj)] = new
        if new is not None:
            return [self._frame("ADDED" if old is None else "MODIFIED", new)]
        if old is None:
            return []
        version = event.obj["metadata"]["resourceVersion"]
        last = event.obj if event.type == "DELETED" and self._sent is None else old
        return [self._frame("DELETED", last | {"metadata": last["metadata"] | {"resourceVersion": version}})]

    def _compare(self) -> list[bytes]:
        """Compare what the client has with what it would see now; return the events between."""
        if self._sent is None:
            return []
        order, views = self.order, self._views
        frames: list[bytes] = []
        present: dict[tuple[str, str], Obj] = {}
        for held in views.store.view(order.resource.plural, order.selection.namespace):
            seen, key = self._seen(held), _name(held)
            before = self._sent.get(key)
            if seen is not None and (before is None or _differs(before, seen)):
                views.renew(order.user, order.resource, held)
                seen = self._seen(held) or seen
                frames.append(self._frame("ADDED" if before is None else "MODIFIED", seen))
            if seen is not None:
                present[key] = seen
        for key, before in self._sent.items():
            if key in present:
                continue
            if (ghost := views.ghost(order.user, before)) is not None:
                present[key] = ghost
            else:
                frames.append(self._frame("DELETED", before))
        self._sent = present
        return frames

    def _frame(self, kind: str, obj: Obj) -> bytes:
        return codec.dump({"type": kind, "object": self._shape(obj)}) + b"\n"

    def _shape(self, obj: Obj) -> Obj:
        order = self.order
        if order.form == "metadata":
            return codec.metadata_only(obj)
        if order.form == "table":
            now = self._views.store.now()
            table = tables.table(order.resource, [obj], now, include=order.include, head=self._head)
            self._head = False
            return table
        return codec.shown(order.resource, obj)

    def _bookmark(self, annotations: dict[str, str]) -> bytes:
        meta: dict[str, Any] = {"resourceVersion": str(self._views.store.rv), "creationTimestamp": None}
        if annotations:
            meta["annotations"] = annotations
        resource = self.order.resource
        obj: Obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
        if self.order.form == "metadata":
            obj = codec.metadata_only(obj)
        elif self.order.form == "table":
            obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "columnDefinitions": None}
            obj["rows"] = []
        return codec.dump({"type": "BOOKMARK", "object": obj}) + b"\n"

    def _expired(self, message: str) -> bytes:
        body: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body |= {"message": message, "reason": "Expired", "code": 410}
        return codec.dump({"type": "ERROR", "object": body}) + b"\n"


def _name(obj: Obj) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _differs(one: Obj, other: Obj) -> bool:
    """Tell whether two views differ in more than their version."""

    def bare(obj: Obj) -> Obj:
        return obj | {"metadata": {k: v for k, v in obj["metadata"].items() if k != "resourceVersion"}}

    return bare(one) != bare(other)
