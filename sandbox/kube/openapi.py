"""OpenAPI documents: the paths, what writes take, and each type's fields with how its lists merge.

Reduced: no descriptions, no formats. What clients look for is there: fieldValidation and dryRun, the
types kubectl explains, and the merge keys by which `kubectl apply` builds its patches.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.kube import codec, patch, schema
from sandbox.kube.resources import group_versions
from sandbox.kube.status import no_resource

if TYPE_CHECKING:
    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj


def answer(path: str) -> web.Response:
    """Answer GET /openapi/v2, /openapi/v3 or one group's document."""
    if path == "/openapi/v3":
        # the real server says text/plain here, and clients have learnt to live with it
        return web.Response(body=codec.dump(_index()), headers={"Content-Type": "text/plain; charset=utf-8"})
    if path == "/openapi/v2":
        body = {"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36.2"}, "paths": {}}
        return web.json_response(body | {"definitions": {}})
    document = _documents().get(path.removeprefix("/openapi/v3/"))
    if document is None:
        raise no_resource()
    return web.Response(body=document, headers={"Content-Type": "application/json"})


@functools.cache
def _documents() -> dict[str, bytes]:
    return {rows[0].path.removeprefix("/"): codec.dump(_document(rows)) for _, _, rows in group_versions()}


def _index() -> Obj:
    paths: Obj = {}
    for name, body in _documents().items():
        digest = hashlib.sha512(body).hexdigest().upper()
        paths[name] = {"serverRelativeURL": f"/openapi/v3/{name}?hash={digest}"}
    return {"paths": paths}


def _document(rows: list[Resource]) -> Obj:
    paths: Obj = {}
    schemas: Obj = {}
    for row in rows:
        _collect(row.model, schemas)
        schemas[_named(row.model)]["x-kubernetes-group-version-kind"] = [_kind(row)]
        if row.verbs != ("create",):
            scope = "/namespaces/{namespace}" if row.namespaced else ""
            many = f"{row.path}{scope}/{row.plural}"
            paths[many] = {"post": _write(row), "get": _read(row)}
            paths[f"{many}/{{name}}"] = {"patch": _patch(row), "put": _write(row), "get": _read(row)}
    info = {"title": "Kubernetes", "version": "v1.36.2"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _named(model: str) -> str:
    return f"io.k8s.api.{model}"


def _collect(model: str, schemas: Obj) -> None:
    """Describe a type and every type it holds."""
    if _named(model) in schemas:
        return
    properties: Obj = {}
    schemas[_named(model)] = {"type": "object", "properties": properties}
    for name, field in schema.fields(model).items():
        if schema.is_model(field.of):
            _collect(field.of, schemas)
        properties[name] = _property(schema.short(model), field)


def _property(struct: str, field: schema.Field) -> Obj:
    inner: Obj = {"type": _TYPES[field.of]} if field.of in _TYPES else {}
    if schema.is_model(field.of):
        inner = {"allOf": [{"$ref": f"#/components/schemas/{_named(field.of)}"}]}
    if field.shape == "map":
        return {"type": "object", "additionalProperties": inner}
    where = (struct, field.name)
    strategies = ["retainKeys"] if where in schema.RETAIN_KEYS else []
    if field.shape == "list":
        inner = {"type": "array", "items": inner}
        key = schema.MERGE_KEYS.get(where)
        if key or where in schema.PRIMITIVE_MERGE:
            strategies.insert(0, "merge")
        inner |= {"x-kubernetes-patch-merge-key": key} if key else {}
    return inner | ({"x-kubernetes-patch-strategy": ",".join(strategies)} if strategies else {})


_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


def _kind(row: Resource) -> Obj:
    return {"group": row.group, "version": row.version, "kind": row.kind}


def _query(name: str) -> Obj:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def _read(row: Resource) -> Obj:
    return {"responses": {"200": {"description": "OK"}}, "x-kubernetes-group-version-kind": _kind(row)}


def _write(row: Resource) -> Obj:
    names = ("dryRun", "fieldManager", "fieldValidation")
    return _read(row) | {"parameters": [_query(name) for name in names]}


def _patch(row: Resource) -> Obj:
    content = {name: {"schema": {"type": "object"}} for name in (patch.JSON, patch.MERGE, patch.STRATEGIC, patch.APPLY)}
    return _write(row) | {"requestBody": {"content": content, "required": True}}
