"""The read verbs: one object, a list (whole, in pages, or as it was), and what a watch asks for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sandbox.kube import codec, scale, selectors, status, tables
from sandbox.kube.selectors import Selection
from sandbox.kube.views import after, continue_token, read_token
from sandbox.kube.watching import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.kube.codec import Form
    from sandbox.kube.resources import Resource
    from sandbox.kube.rest import Call
    from sandbox.kube.store import Obj, Store
    from sandbox.kube.views import Views


def selection(call: Call) -> Selection:
    """Return what a request selects; 400 for selectors that say nothing."""
    return Selection(
        call.namespace,
        selectors.parse_labels(call.query.get("labelSelector", "")),
        selectors.parse_fields(call.query.get("fieldSelector", ""), call.resource.fields),
    )


def one(views: Views, user: str, call: Call, form: Form) -> Obj:
    """Answer a GET of one object or subresource; 404 when the user sees none."""
    held = views.store.peek(call.resource.plural, call.namespace, call.name)
    seen = views.one(user, call.resource, held) if held is not None else None
    if seen is None:
        raise status.not_found(call.resource, call.name)
    if call.subresource == "scale":
        return scale.show(seen)
    return formed(views.store, call.resource, codec.shown(call.resource, seen), form, call.query)


def formed(store: Store, resource: Resource, obj: Obj, form: Form, query: Mapping[str, str]) -> Obj:
    """Return one object as the client wants it: whole, as a table of one row, or its metadata."""
    if form == "metadata":
        return codec.metadata_only(obj)
    if form == "table":
        table = tables.table(resource, [obj], store.now(), include=query.get("includeObject", "Metadata"))
        table["metadata"] = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        return table
    return obj


def many(views: Views, user: str, call: Call, form: Form) -> Obj:
    """Answer a list: the present, an exact earlier version, or the next page of one."""
    wanted, query, version = selection(call), call.query, views.store.rv
    token, asked = query.get("continue", ""), codec.whole(query, "resourceVersion") or 0
    _check_match(query)
    if token:
        version, start = read_token(token)
        objects = after(views.at(user, call.resource, wanted, version), start, namespaced=bool(call.namespace))
    elif query.get("resourceVersionMatch") == "Exact":
        version, objects = asked, views.at(user, call.resource, wanted, asked)
    elif asked > version:
        raise status.too_large_version(asked, version)
    else:
        objects = views.current(user, call.resource, wanted)
    meta: Obj = {"resourceVersion": str(version)}
    limit = codec.whole(query, "limit") or 0
    if 0 < limit < len(objects):
        meta["continue"] = continue_token(version, objects[limit - 1], namespaced=bool(call.namespace))
        if not wanted.labels and not wanted.fields:
            meta["remainingItemCount"] = len(objects) - limit
        objects = objects[:limit]
    return _listed(views.store, call, objects, meta, form)


def _check_match(query: Mapping[str, str]) -> None:
    match, version = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    if match and not version:
        why = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
    elif match == "Exact" and version == "0":
        why = 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
    elif match not in {"", "Exact", "NotOlderThan"}:
        why = f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan"'
    else:
        return
    cause = status.Cause("resourceVersionMatch", why, "FieldValueForbidden")
    raise status.invalid("ListOptions", "meta.k8s.io", "", [cause])


def _listed(store: Store, call: Call, objects: list[Obj], meta: Obj, form: Form) -> Obj:
    if form == "table":
        include = call.query.get("includeObject", "Metadata")
        return tables.table(call.resource, objects, store.now(), include=include) | {"metadata": meta}
    if form == "metadata":
        head: Obj = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
        return head | {"items": [codec.metadata_only(obj) for obj in objects]}
    head = {"kind": f"{call.resource.kind}List", "apiVersion": call.resource.api_version, "metadata": meta}
    return head | {"items": [_bare(obj) for obj in objects]}


def _bare(obj: Obj) -> dict[str, Any]:
    return {name: value for name, value in obj.items() if name not in {"kind", "apiVersion"}}


def order(user: str, call: Call, form: Form) -> Order:
    """Return what a watch request asks for; 422 for options that contradict each other."""
    query = call.query
    text, initial = query.get("resourceVersion", ""), query.get("sendInitialEvents", "").lower()
    if initial and query.get("resourceVersionMatch") != "NotOlderThan":
        why = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        cause = status.Cause("resourceVersionMatch", why, "FieldValueForbidden")
        raise status.invalid("ListOptions", "meta.k8s.io", "", [cause])
    wanted = selection(call)
    if call.name:
        wanted = Selection(wanted.namespace, wanted.labels, (*wanted.fields, ("metadata.name", call.name, True)))
    version = codec.whole(query, "resourceVersion")
    seconds = codec.whole(query, "timeoutSeconds")
    return Order(
        user=user,
        resource=call.resource,
        selection=wanted,
        version=version,
        replay=initial == "true" or (text in {"", "0"} and not initial),
        initial=initial == "true",
        bookmarks=codec.truth(query, "allowWatchBookmarks"),
        timeout_s=float(seconds) if seconds else random.uniform(1800, 3600),  # noqa: S311 spreads reconnects
        form=form,
        include=query.get("includeObject", "Metadata"),
    )
