"""The write verbs: what create, update, patch and delete do to the store, all of it atomic."""

from __future__ import annotations

import copy
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.kube import codec, defaults, managed, patch, scale, schema, status, validation
from sandbox.kube.reading import is_object, part
from sandbox.kube.removal import Removal
from sandbox.kube.store import AlreadyExistsError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj, Store

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # the alphabet of generated names: no vowels, no words


@dataclass(frozen=True, slots=True)
class Call:
    """One request on a resource; `media` is the body's type, `manager` who owns the fields it sets."""

    resource: Resource
    subresource: str
    namespace: str
    name: str
    query: Mapping[str, str]
    body: bytes = b""
    media: str = ""
    manager: str = ""

    @property
    def dry(self) -> bool:
        """Tell whether nothing is to be stored; 400 for anything but All."""
        asked = self.query.get("dryRun", "")
        if asked not in {"", "All"}:
            raise status.invalid("", "", "", [validation.bad("dryRun", [asked], 'supported values: "All"')])
        return bool(asked)

    @property
    def strictness(self) -> str:
        """Return what to do about unknown fields: Ignore, Warn or Strict."""
        return self.query.get("fieldValidation") or "Warn"


@dataclass(slots=True)
class Reply:
    """What to answer: HTTP status, body and `Warning` headers."""

    code: int
    body: Obj
    warnings: list[str] = field(default_factory=list[str])


class Writer:
    """Carries out writes on one store."""

    def __init__(self, store: Store) -> None:
        """Write to a store."""
        self.store = store
        self._addresses = 0
        self.removal = Removal(store)

    def create(self, call: Call) -> Reply:
        """Validate, fill in and store a new object: 201."""
        raw = codec.decode(call.resource, call.body, call.media)
        new, warnings = codec.typed(call.resource, raw, call.strictness)
        if new.get("addressType") == "FQDN":
            warnings.append("spec.addressType: FQDN endpoints are deprecated")
        return Reply(201, self._insert(call, new), warnings)

    def _insert(self, call: Call, new: Obj, *, tracked: bool = False) -> Obj:
        resource = call.resource
        meta = new.setdefault("metadata", {})
        self._place(call, meta)
        for name in ("uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "selfLink"):
            _ = meta.pop(name, None)
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"] + "".join(secrets.choice(_SUFFIX) for _ in range(5))
        if resource.has_status:
            _ = new.pop("status", None)
        if resource.generation:
            meta["generation"] = 1
        defaults.apply(resource.kind, new)
        validation.check(resource, new, None)
        self._address(resource, new)
        if self.store.peek(resource.plural, meta.get("namespace", ""), meta["name"]) is not None:
            raise status.already_exists(resource, meta["name"])
        if not tracked:
            _ = meta.pop("managedFields", None)
            self._track(call, {}, new)
        if call.dry:
            meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": self.store.timestamp()}
            return codec.shown(resource, new)
        try:
            return codec.shown(resource, self.store.create(resource.plural, new))
        except AlreadyExistsError:
            raise status.already_exists(resource, meta["name"]) from None

    def _track(self, call: Call, old: Obj, new: Obj) -> None:
        """Note in `new` who changed what."""
        managed.update(
            call.resource,
            old,
            new,
            manager=call.manager,
            now=self.store.timestamp(),
            subresource=call.subresource,
        )

    def _place(self, call: Call, meta: Obj) -> None:
        """Settle the namespace: the path's; 400 if the object says another, 404 if there is no such one."""
        if not call.resource.namespaced:
            _ = meta.pop("namespace", None)
            return
        if meta.setdefault("namespace", call.namespace) != call.namespace:
            raise status.bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        if self.store.peek("namespaces", "", call.namespace) is None:
            raise status.ApiError(
                404,
                "NotFound",
                f'namespaces "{call.namespace}" not found',
                {"name": call.namespace, "kind": "namespaces"},
            )

    def _address(self, resource: Resource, new: Obj) -> None:
        """Give a Service its cluster address."""
        if resource.kind != "Service" or new["spec"].get("type") == "ExternalName":
            return
        spec = new["spec"]
        if not spec.get("clusterIP"):
            self._addresses += 1
            spec["clusterIP"] = f"10.96.{self._addresses // 250}.{self._addresses % 250 + 1}"
        spec["clusterIPs"] = [spec["clusterIP"]]

    def current(self, call: Call) -> Obj:
        """Return a private copy of the object a call names; 404 when there is none."""
        obj = self.store.find(call.resource.plural, call.namespace, call.name)
        if obj is None:
            raise status.not_found(call.resource, call.name)
        return obj

    def update(self, call: Call) -> Reply:
        """Replace an object or one of its subresources: 200."""
        raw = codec.decode(call.resource, call.body, call.media)
        if call.subresource == "scale":
            old = self.current(call)
            return Reply(200, scale.show(self._save(call, old, scale.apply(old, raw))))
        new, warnings = codec.typed(call.resource, raw, call.strictness)
        old = self.current(call)
        self._check_identity(call, new)
        return Reply(200, codec.shown(call.resource, self._save(call, old, new)), warnings)

    def _check_identity(self, call: Call, new: Obj) -> None:
        name = new.setdefault("metadata", {}).setdefault("name", call.name)
        if name != call.name:
            raise status.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({call.name})"
            )

    def patch(self, call: Call) -> Reply:
        """Change an object by a patch of any of the four kinds: 200, or 201 when an apply creates it."""
        if call.media not in {patch.JSON, patch.MERGE, patch.STRATEGIC, patch.APPLY}:
            raise status.unsupported_media_type()
        raw = codec.decode(call.resource, call.body, call.media)
        if call.media == patch.APPLY:
            return self._apply(call, raw)
        old = self.current(call)
        if call.subresource == "scale":
            patched = self._patched(call, scale.show(old), raw)
            return Reply(200, scale.show(self._save(call, old, scale.apply(old, patched))))
        changed = self._patched(call, codec.shown(call.resource, old), raw)
        unknown = codec.unknown(call.resource, changed, call.strictness)
        if unknown and call.strictness == "Strict":
            said = patch.go_value(raw) if call.media == patch.STRATEGIC else codec.dump_sorted(changed).decode()
            raise status.invalid_patch(said, f"strict decoding error: {', '.join(unknown)}")
        self._check_identity(call, changed)
        new = schema.prune(call.resource.model, changed)
        return Reply(200, codec.shown(call.resource, self._save(call, old, new)), unknown)

    def _patched(self, call: Call, old: Obj, raw: Any) -> Obj:
        if call.media == patch.STRATEGIC:
            model = "V1Scale" if call.subresource == "scale" else call.resource.model
            changed = patch.strategic_patch(model, old, raw)
        elif call.media == patch.MERGE:
            changed = patch.merge_patch(old, raw)
        else:
            changed = patch.json_patch(old, raw)
        if not is_object(changed):
            raise patch.rejected()
        if call.subresource != "scale":
            try:
                schema.check_types(call.resource.model, changed)
            except schema.TypeMismatchError as error:
                raise status.invalid_patch(codec.dump_sorted(changed).decode(), error.message) from None
        return changed

    def _apply(self, call: Call, raw: Any) -> Reply:
        """Server-side apply: what the configuration says is set, and owned by its manager."""
        if not call.query.get("fieldManager"):
            missing = status.required("fieldManager", "is required for apply patch")
            raise status.invalid("PatchOptions", "meta.k8s.io", "", [missing])
        config, warnings = codec.typed(call.resource, raw, call.strictness)
        self._check_identity(call, config)
        old = self.store.find(call.resource.plural, call.namespace, call.name)
        now = self.store.timestamp()
        new = managed.apply(
            call.resource, old, config, manager=call.manager, now=now, force=codec.truth(call.query, "force")
        )
        if old is None:
            return Reply(201, self._insert(call, new, tracked=True), warnings)
        return Reply(200, codec.shown(call.resource, self._save(call, old, new, tracked=True)), warnings)

    def _save(self, call: Call, old: Obj, new: Obj, *, tracked: bool = False) -> Obj:
        """Store `new` in place of `old`, keeping what this path may not change."""
        resource = call.resource
        meta = new.setdefault("metadata", {})
        asked = meta.get("resourceVersion")
        if asked and asked != old["metadata"]["resourceVersion"]:
            raise status.conflict(resource, call.name)
        if meta.get("uid") and meta["uid"] != old["metadata"]["uid"]:
            raise status.conflict(
                resource,
                call.name,
                f"Precondition failed: UID in precondition: {meta['uid']}, "
                f"UID in object meta: {old['metadata']['uid']}",
            )
        new = self._limited(call, old, new)
        if call.subresource != "status":
            defaults.apply(resource.kind, new)
            validation.check(resource, new, old)
        if not tracked:
            self._track(call, old, new)
        if call.dry:
            return new
        try:
            saved = self.store.update(resource.plural, new)
        except ConflictError:
            raise status.conflict(resource, call.name) from None
        except NotFoundError:
            raise status.not_found(resource, call.name) from None
        if saved["metadata"].get("deletionTimestamp") and not saved["metadata"].get("finalizers"):
            self._remove_finalized(resource, saved)
        return saved

    def _remove_finalized(self, resource: Resource, obj: Obj) -> None:
        meta = obj["metadata"]
        held = self.store.peek(resource.plural, meta.get("namespace", ""), meta["name"])
        if resource.kind not in {"Pod", "Namespace"} and held is not None:
            _ = self.store.delete(resource.plural, meta.get("namespace", ""), meta["name"])

    def _limited(self, call: Call, old: Obj, new: Obj) -> Obj:
        """Return `new` with everything this path may not touch taken from `old`."""
        resource, before = call.resource, old["metadata"]
        if call.subresource == "status":
            kept = copy.deepcopy(old) | {"status": new.get("status", {})}
            for name in ("annotations", "managedFields", "finalizers"):
                if name in new["metadata"]:
                    kept["metadata"][name] = new["metadata"][name]
            return kept
        meta = dict(new["metadata"])
        for name in ("uid", "creationTimestamp", "generateName", "namespace", "name", "generation"):
            _ = meta.pop(name, None)
            if name in before:
                meta[name] = before[name]
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            if name in before:
                meta[name] = before[name]
        meta["resourceVersion"] = before["resourceVersion"]
        new = {**new, "metadata": _ordered(meta)}
        if resource.has_status:
            _ = new.pop("status", None)
            if "status" in old:
                new["status"] = old["status"]
        if resource.kind in {"Service", "Pod", "Namespace"}:
            _inherit(resource.kind, old, new)
        if resource.generation and _bumps(resource, old, new):
            new["metadata"]["generation"] = before.get("generation", 0) + 1
        return new

    def delete(self, call: Call) -> Reply:
        """Delete an object: at once, or for pods when their containers have ended."""
        options: Obj = {}
        if call.body:
            raw = codec.decode(call.resource, call.body, call.media)
            options = raw if is_object(raw) else {}
        obj = self.current(call)
        self._check_preconditions(call, obj, part(options, "preconditions"))
        if call.dry or options.get("dryRun") == ["All"]:  # kubectl says it in the body
            return Reply(200, codec.shown(call.resource, obj))
        grace = codec.whole(call.query, "gracePeriodSeconds")
        policy = call.query.get("propagationPolicy") or options.get("propagationPolicy") or ""
        return Reply(200, self.removal.remove(call.resource, obj, options.get("gracePeriodSeconds", grace), policy))

    def _check_preconditions(self, call: Call, obj: Obj, wanted: Obj) -> None:
        for name, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            has = obj["metadata"][name]
            if wanted.get(name) and wanted[name] != has:
                why = f"Precondition failed: {label} in precondition: {wanted[name]}, {label} in object meta: {has}"
                raise status.conflict(call.resource, call.name, why)


def _ordered(meta: Obj) -> Obj:
    first = ("name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp")
    return {name: meta[name] for name in first if name in meta} | meta


def _bumps(resource: Resource, old: Obj, new: Obj) -> bool:
    """Tell whether a change counts as a new generation."""

    def wanted(obj: Obj) -> Obj:
        return {name: value for name, value in obj.items() if name not in {"metadata", "status", "kind", "apiVersion"}}

    if wanted(old) != wanted(new):
        return True

    def notes(obj: Obj) -> Obj:
        return part(obj["metadata"], "annotations")

    return resource.generation == "spec+annotations" and notes(old) != notes(new)


def _inherit(kind: str, old: Obj, new: Obj) -> None:
    """Keep what the API itself assigned and clients leave out."""
    if kind == "Service":
        for name in ("clusterIP", "clusterIPs"):
            if name in old["spec"] and name not in part(new, "spec"):
                new.setdefault("spec", {})[name] = old["spec"][name]
    elif kind == "Namespace":
        new["spec"] = old.get("spec", {})
