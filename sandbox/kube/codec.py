"""Bytes to objects and back: what a request's body holds, what its Accept header wants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import yaml

from sandbox.kube import protobuf, schema
from sandbox.kube.reading import is_object
from sandbox.kube.status import bad_request, unsupported_media_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj

Form = Literal["object", "table", "metadata"]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()
dump = _encoder.encode
dump_sorted = msgspec.json.Encoder(order="sorted").encode


def form_of(accept: str) -> Form:
    """Return the first form a client accepts that we can give; the plain object otherwise."""
    for clause in accept.split(","):
        if "as=Table" in clause:
            return "table"
        if "as=PartialObjectMetadata" in clause:
            return "metadata"
        if clause.partition(";")[0].strip() in {"application/json", "*/*"}:
            return "object"
    return "object"


def decode(resource: Resource, body: bytes, media: str) -> Any:
    """Decode a body by its media type; 400 for what is no JSON or YAML, 415 for another type."""
    if media == protobuf.MEDIA_TYPE:
        return protobuf.decode_review(body)
    if media in {"application/yaml", "application/apply-patch+yaml"}:
        return _yaml(resource, body)
    if media not in {"", "application/json", "*/*"} and not media.endswith("+json"):
        raise unsupported_media_type()
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise _unreadable(resource, body, "json", _go_words(str(error))) from None


def _yaml(resource: Resource, body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        try:
            return yaml.safe_load(body)
        except yaml.YAMLError as error:
            raise _unreadable(resource, body, "yaml", str(error).partition("\n")[0]) from None


def _unreadable(resource: Resource, body: bytes, kind: str, why: str) -> Exception:
    text = body[:200].decode(errors="replace")
    return bad_request(
        f"the object provided is unrecognized (must be of type {resource.kind}): "
        f"couldn't get version/kind; {kind} parse error: {why} ({text})"
    )


def _go_words(error: str) -> str:
    return "unexpected end of JSON input" if "truncated" in error else error


def typed(resource: Resource, raw: Any, validation: str) -> tuple[Obj, list[str]]:
    """Return a decoded object as its type holds it, and warnings; 400 for what the type can't hold.

    `validation` is the fieldValidation parameter: Strict refuses unknown fields, Warn names them.
    """
    if not is_object(raw) or not raw:
        raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
    obj: Obj = raw
    kind, version = obj.get("kind") or resource.kind, obj.get("apiVersion") or resource.api_version
    if not isinstance(kind, str) or not isinstance(version, str):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind"
        )
    if (kind, version) != (resource.kind, resource.api_version):
        internal = resource.group.partition(".")[0] or "core"
        raise bad_request(
            f'{kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {resource.kind}: '
            f"converting ({version.replace('/', '')}.{kind}) to ({internal}.{resource.kind}): unknown conversion"
        )
    _check_types(resource, obj)
    warnings = unknown(resource, obj, validation)
    if warnings and validation == "Strict":
        raise bad_request(_handled(resource, f"strict decoding error: {', '.join(warnings)}"))
    head: Obj = {"kind": resource.kind, "apiVersion": resource.api_version}
    return head | schema.prune(resource.model, obj), warnings


def _check_types(resource: Resource, obj: Obj) -> None:
    try:
        schema.check_types(resource.model, obj)
    except schema.TypeMismatchError as error:
        raise bad_request(_handled(resource, error.message)) from None


def _handled(resource: Resource, why: str) -> str:
    return f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}'


def unknown(resource: Resource, obj: Obj, validation: str) -> list[str]:
    """Return a sentence for each unknown field, none if the client asked to ignore them."""
    if validation == "Ignore":
        return []
    return [f'unknown field "{path}"' for path in schema.unknown_fields(resource.model, obj)]


def shown(resource: Resource, obj: Obj) -> Obj:
    """Return an object as GET shows it: kind and apiVersion first."""
    return {"kind": resource.kind, "apiVersion": resource.api_version} | {
        name: value for name, value in obj.items() if name not in {"kind", "apiVersion"}
    }


def metadata_only(obj: Obj) -> Obj:
    """Return an object as PartialObjectMetadata."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def truth(query: Mapping[str, str], name: str) -> bool:
    """Tell whether a query parameter is set to true."""
    return query.get(name, "").lower() in {"true", "1"}


def whole(query: Mapping[str, str], name: str) -> int | None:
    """Return an integer parameter, None when it is not given; 400 for text."""
    text = query.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"-?\d+", text):
        raise bad_request(f'converting ({name}) to int64: strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)
