"""The one protobuf that clients insist on sending: kubectl's questions about its own rights.

Everything else is negotiated to JSON. Layout: k8s.io/apimachinery runtime.Unknown behind four magic
bytes, field numbers from k8s.io/api authorization/v1 generated.proto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.kube.status import bad_request, unsupported_media_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.kube.store import Obj

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

_MAGIC = b"k8s\x00"
_RESOURCE = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}
_PATH = {1: "path", 2: "verb"}


def decode_review(body: bytes) -> Obj:
    """Return a SelfSubjectAccessReview or SelfSubjectRulesReview; 415 for any other kind."""
    if not body.startswith(_MAGIC):
        raise bad_request("the body is not protobuf as Kubernetes writes it")
    envelope = dict(_fields(body[len(_MAGIC) :]))
    meta = dict(_fields(envelope.get(1, b"")))
    version, kind = meta.get(1, b"").decode(), meta.get(2, b"").decode()
    spec = dict(_fields(dict(_fields(envelope.get(2, b""))).get(2, b"")))
    if kind == "SelfSubjectAccessReview":
        names = {1: ("resourceAttributes", _RESOURCE), 2: ("nonResourceAttributes", _PATH)}
        decoded: Obj = {names[n][0]: _texts(raw, names[n][1]) for n, raw in spec.items() if n in names}
    elif kind == "SelfSubjectRulesReview":
        decoded = {"namespace": spec.get(1, b"").decode()}
    else:
        raise unsupported_media_type()
    return {"apiVersion": version, "kind": kind, "spec": decoded}


def _texts(raw: bytes, names: dict[int, str]) -> Obj:
    found = {names[n]: value.decode() for n, value in _fields(raw) if n in names}
    return {name: value for name, value in found.items() if value}


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise bad_request("the protobuf body ends within a number")


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield field number and content of each length-delimited field; skip numbers."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 2:
            size, at = _varint(data, at)
            yield tag >> 3, data[at : at + size]
            at += size
        elif tag & 7 == 0:
            _, at = _varint(data, at)
        else:
            raise bad_request("the protobuf body has a field of a type this API does not read")
