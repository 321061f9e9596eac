"""What etcd is to a cluster: versioned objects and the order in which they changed.

One store is one cluster. It knows nothing of HTTP, rights or schemas: the API server in front of it
validates and defaults, the controllers beside it read and write it directly. Everything runs on one
event loop, so a method that does not await is atomic.
"""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator

Obj: TypeAlias = dict[str, Any]
"""One Kubernetes object as JSON: apiVersion, kind, metadata, spec, status, ..."""

HISTORY = 4096  # events kept for watches that resume; older resourceVersions answer 410 Gone


class StoreError(Exception):
    """Something the caller has to answer with a Status object."""


class NotFoundError(StoreError):
    """No such object."""


class AlreadyExistsError(StoreError):
    """An object of that name is there."""


class ConflictError(StoreError):
    """The object changed since the caller read it."""


class GoneError(StoreError):
    """The history does not reach back to that resourceVersion."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change: `type` is ADDED, MODIFIED or DELETED, `rv` the cluster-wide version it made.

    `old` is the object before the change (None for ADDED): a watch with a selector needs it to
    tell "left the selection" from "was never in it". Both objects are shared: treat as frozen.
    """

    type: str
    resource: str
    obj: Obj
    old: Obj | None
    rv: int


class Watch:
    """A subscription to one resource's changes, in order, without loss."""

    def __init__(self, store: Store, resource: str) -> None:
        """Subscribe; `close` (or leaving the `with`) ends it."""
        self._store = store
        self._resource = resource
        self._queue: asyncio.Queue[Event] = asyncio.Queue()

    def __enter__(self) -> Watch:
        """Start receiving."""
        self._store.subscribe(self._resource, self._queue.put_nowait)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop receiving."""
        self._store.unsubscribe(self._resource, self._queue.put_nowait)

    async def next(self, timeout_s: float | None = None) -> Event | None:
        """Return the next change, or None when none came in time."""
        try:
            return await asyncio.wait_for(self._queue.get(), timeout_s)
        except TimeoutError:
            return None

    def feed(self, events: Iterator[Event]) -> None:
        """Put older events in front (a watch that resumes)."""
        for event in events:
            self._queue.put_nowait(event)


class Store:
    """All objects of one cluster by resource (plural: "pods"), namespace ("" if none) and name."""

    def __init__(self, now: Callable[[], datetime.datetime]) -> None:
        """Start empty; `now` gives aware UTC times for creationTimestamp."""
        self.now = now
        self.rv = 1
        self._objects: dict[str, dict[tuple[str, str], Obj]] = {}
        self._history: deque[Event] = deque(maxlen=HISTORY)
        self._subscribers: dict[str, list[Callable[[Event], None]]] = {}
        self._compacted = 0

    def timestamp(self) -> str:
        """Return now as Kubernetes writes it: RFC 3339, whole seconds, Z."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def get(self, resource: str, namespace: str, name: str) -> Obj:
        """Return a private copy of one object, or raise NotFoundError."""
        try:
            return copy.deepcopy(self._objects[resource][namespace, name])
        except KeyError:
            raise NotFoundError(f"{resource} {namespace}/{name}") from None

    def find(self, resource: str, namespace: str, name: str) -> Obj | None:
        """Return a private copy of one object, or None."""
        held = self._objects.get(resource, {}).get((namespace, name))
        return copy.deepcopy(held) if held is not None else None

    def list(self, resource: str, namespace: str = "") -> list[Obj]:
        """Return private copies, ordered by namespace and name; no namespace means all."""
        held = self._objects.get(resource, {})
        return [copy.deepcopy(held[key]) for key in sorted(held) if not namespace or key[0] == namespace]

    def peek(self, resource: str, namespace: str, name: str) -> Obj | None:
        """Return the stored object itself, or None: to read, never to change."""
        return self._objects.get(resource, {}).get((namespace, name))

    def view(self, resource: str, namespace: str = "") -> list[Obj]:
        """Return the stored objects themselves in `list`'s order: to read, never to change."""
        held = self._objects.get(resource, {})
        return [held[key] for key in sorted(held) if not namespace or key[0] == namespace]

    def create(self, resource: str, obj: Obj) -> Obj:
        """Store a new object: sets uid, creationTimestamp, resourceVersion (and generation 1 where there is a spec)."""
        new = copy.deepcopy(obj)
        meta = new.setdefault("metadata", {})
        key = (meta.get("namespace", ""), meta["name"])
        if key in self._objects.get(resource, {}):
            raise AlreadyExistsError(f"{resource} {key[0]}/{key[1]}")
        meta.setdefault("uid", str(uuid.uuid4()))
        meta.setdefault("creationTimestamp", self.timestamp())
        return self._put("ADDED", resource, key, new, None)

    def update(self, resource: str, obj: Obj) -> Obj:
        """Replace an object. A resourceVersion in it must be the current one; without one it is unconditional.

        An update that changes nothing makes no event and keeps the version, as in Kubernetes.
        `metadata.generation` is the caller's business (the API server bumps it on spec changes).
        A deletion in progress ends here: deletionTimestamp set and no finalizers left removes it
        unless it is a pod, whose kubelet calls `delete`.
        """
        new = copy.deepcopy(obj)
        meta = new["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        old = self._objects.get(resource, {}).get(key)
        if old is None:
            raise NotFoundError(f"{resource} {key[0]}/{key[1]}")
        asked = meta.get("resourceVersion")
        if asked and asked != old["metadata"]["resourceVersion"]:
            raise ConflictError(f"{resource} {key[0]}/{key[1]}: has {old['metadata']['resourceVersion']}, got {asked}")
        meta["resourceVersion"] = old["metadata"]["resourceVersion"]
        if new == old:
            return copy.deepcopy(old)
        return self._put("MODIFIED", resource, key, new, old)

    def mutate(self, resource: str, namespace: str, name: str, change: Callable[[Obj], None]) -> Obj | None:
        """Read, change in place and write one object; None if it is gone. Atomic: nothing awaits."""
        obj = self.find(resource, namespace, name)
        if obj is None:
            return None
        change(obj)
        return self.update(resource, obj)

    def delete(self, resource: str, namespace: str, name: str) -> Obj:
        """Remove an object at once and return its last state."""
        old = self._objects.get(resource, {}).pop((namespace, name), None)
        if old is None:
            raise NotFoundError(f"{resource} {namespace}/{name}")
        self.rv += 1
        gone = copy.deepcopy(old)
        gone["metadata"]["resourceVersion"] = str(self.rv)
        self._publish(Event("DELETED", resource, gone, old, self.rv))
        return copy.deepcopy(gone)

    def watch(self, resource: str) -> Watch:
        """Return a subscription; use it in a `with`. List first, then feed `since(rv)` to resume."""
        return Watch(self, resource)

    def since(self, resource: str, rv: int) -> Iterator[Event]:
        """Return the changes after a resourceVersion; GoneError when they are no longer kept."""
        if rv < self._compacted:
            raise GoneError(f"too old resource version: {rv} ({self._compacted})")
        return iter([event for event in self._history if event.resource == resource and event.rv > rv])

    def compact(self) -> None:
        """Forget all history, as etcd does every few minutes: watches from before answer 410."""
        self._history.clear()
        self._compacted = self.rv

    def subscribe(self, resource: str, tell: Callable[[Event], None]) -> None:
        """Call `tell` with each change of a resource, inside the write."""
        self._subscribers.setdefault(resource, []).append(tell)

    def unsubscribe(self, resource: str, tell: Callable[[Event], None]) -> None:
        """Stop calling."""
        self._subscribers.get(resource, []).remove(tell)

    def _put(self, kind: str, resource: str, key: tuple[str, str], new: Obj, old: Obj | None) -> Obj:
        self.rv += 1
        new["metadata"]["resourceVersion"] = str(self.rv)
        self._objects.setdefault(resource, {})[key] = new
        self._publish(Event(kind, resource, new, old, self.rv))
        return copy.deepcopy(new)

    def _publish(self, event: Event) -> None:
        if len(self._history) == HISTORY:
            self._compacted = self._history[0].rv
        self._history.append(event)
        for tell in list(self._subscribers.get(event.resource, [])):
            tell(event)
