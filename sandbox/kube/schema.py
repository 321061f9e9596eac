"""Field names and types of the objects, read from the official client's models.

The client knows every field of every type; what it does not know (how lists merge, which strings are
quantities) is in two short tables here, from the API's own `x-kubernetes-patch-merge-key` marks.
"""

from __future__ import annotations

import functools
import importlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sandbox.kube.reading import is_list, is_object
from sandbox.kube.status import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.kube.store import Obj

Shape = Literal["scalar", "list", "map", "struct", "any"]

MERGE_KEYS: dict[tuple[str, str], str] = {
    ("ObjectMeta", "ownerReferences"): "uid",
    ("PodSpec", "containers"): "name",
    ("PodSpec", "initContainers"): "name",
    ("PodSpec", "ephemeralContainers"): "name",
    ("PodSpec", "volumes"): "name",
    ("PodSpec", "imagePullSecrets"): "name",
    ("PodSpec", "hostAliases"): "ip",
    ("PodSpec", "topologySpreadConstraints"): "topologyKey",
    ("PodSpec", "resourceClaims"): "name",
    ("Container", "env"): "name",
    ("Container", "ports"): "containerPort",
    ("Container", "volumeMounts"): "mountPath",
    ("Container", "volumeDevices"): "devicePath",
    ("ServiceSpec", "ports"): "port",
    ("ServiceStatus", "conditions"): "type",
    ("PodStatus", "conditions"): "type",
    ("PodStatus", "podIPs"): "ip",
    ("DeploymentStatus", "conditions"): "type",
    ("ReplicaSetStatus", "conditions"): "type",
    ("NodeStatus", "conditions"): "type",
    ("NodeStatus", "addresses"): "type",
    ("NamespaceStatus", "conditions"): "type",
    ("PodDisruptionBudgetStatus", "conditions"): "type",
    ("ServiceAccount", "secrets"): "name",
}
"""Lists of objects that a strategic merge patch merges by this key; all others it replaces."""

APPLY_KEYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Container", "ports"): ("containerPort", "protocol"),
    ("ServiceSpec", "ports"): ("port", "protocol"),
    ("PodSpec", "topologySpreadConstraints"): ("topologyKey", "whenUnsatisfiable"),
}
"""Where server-side apply tells entries apart by more than the merge key."""

PRIMITIVE_MERGE = {("ObjectMeta", "finalizers"), ("PodSpec", "schedulingGates")}
"""Lists of scalars that a strategic merge patch unites instead of replacing."""

ATOMIC = {"LabelSelector", "ResourceFieldSelector", "ConfigMapKeySelector", "SecretKeySelector", "ObjectReference"}
"""Structs that server-side apply owns as one."""

RETAIN_KEYS = {("DeploymentSpec", "strategy"), ("PodSpec", "volumes")}

QUANTITIES = {"limits", "requests", "capacity", "allocatable", "hard", "used", "overhead"}
_NUMERIC_STRINGS = {"divisor", "sizeLimit", "averageValue"}
_KEPT_EMPTY = {"endpoints", "ports"}  # an EndpointSlice says that it has none
_GO = {"str": "string", "int": "number", "float": "number", "bool": "bool"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its JSON shape, and for lists and maps what is in it.

    `of` is a model's short name ("Container") or a scalar ("str", "int", "bool", "float", "object").
    """

    name: str
    shape: Shape
    of: str


@functools.cache
def _models() -> Any:
    return importlib.import_module("kubernetes.client.models")


def short(model: str) -> str:
    """Return the Go type's name of a client model: V1PodSpec is PodSpec, CoreV1Event is Event."""
    return re.sub(
        r"^(?:Core|Events|Discovery|Networking|Storage|Apiextensions|Admissionregistration)?V\d+(?:(?:alpha|beta)\d+)?",
        "",
        model,
    )


@functools.cache
def fields(model: str) -> dict[str, Field]:
    """Return a model's fields by JSON name; a model is named as in the client ("V1PodSpec")."""
    cls: Any = getattr(_models(), model)
    types: dict[str, str] = cls.openapi_types
    names: dict[str, str] = cls.attribute_map
    return {names[attribute]: _field(names[attribute], kind) for attribute, kind in types.items()}


def _field(name: str, kind: str) -> Field:
    inner = re.fullmatch(r"[Ll]ist\[(.*)\]", kind)
    if inner:
        return Field(name, "list", inner.group(1))
    inner = re.fullmatch(r"[Dd]ict[\[(]str, (.*)[\])]", kind)
    if inner:
        return Field(name, "map", inner.group(1))
    if kind in {"str", "int", "float", "bool", "datetime"}:
        return Field(name, "scalar", "str" if kind == "datetime" else kind)
    if kind == "object":
        return Field(name, "any", "object")
    return Field(name, "struct", kind)


def is_model(name: str) -> bool:
    """Tell whether a field's content is a struct of its own."""
    return name[:1].isupper()


class TypeMismatchError(ApiError):
    """A value of the wrong JSON type, in the words of Go's decoder."""

    def __init__(self, struct: str, path: str, got: str, want: str) -> None:
        """Say which field of which struct got what."""
        self.short = (got, want)
        message = f"json: cannot unmarshal {got} into Go struct field {struct}.{path} of type {want}"
        super().__init__(400, "BadRequest", message)


def unknown_fields(model: str, obj: Obj, path: str = "") -> Iterator[str]:
    """Yield the path of each field that the type does not have."""
    known = fields(model)
    for name, value in obj.items():
        where = f"{path}.{name}" if path else name
        if name not in known:
            yield where
        elif known[name].shape == "struct" and is_object(value):
            yield from unknown_fields(known[name].of, value, where)
        elif is_model(known[name].of) and is_list(value):
            for index, entry in enumerate(value):
                if is_object(entry):
                    yield from unknown_fields(known[name].of, entry, f"{where}[{index}]")


def prune(model: str, obj: Obj) -> Obj:
    """Return the object without unknown fields, nulls and empty lists and maps, as its type leaves it."""
    known = fields(model)
    kept: Obj = {}
    for name, value in obj.items():
        field = known.get(name)
        if field is None or (value is None and field.shape != "any"):
            continue
        if field.shape in {"list", "map"} and not value and name not in _KEPT_EMPTY:
            continue
        if is_model(field.of) and is_object(value):
            many = field.shape == "map"
            kept[name] = {k: prune(field.of, v) for k, v in value.items()} if many else prune(field.of, value)
        elif is_model(field.of) and is_list(value):
            kept[name] = [prune(field.of, entry) if is_object(entry) else entry for entry in value]
        elif field.shape == "map" and field.of == "str" and is_object(value):
            kept[name] = {key: "" if entry is None else entry for key, entry in value.items()}
        else:
            kept[name] = value
    return kept


def check_types(model: str, obj: Obj, path: str = "") -> None:
    """Raise TypeMismatchError at the first value whose JSON type is not the field's."""
    known = fields(model)
    for name, value in obj.items():
        field = known.get(name)
        if field is not None and value is not None:
            _check_value(field, value, short(model), f"{path}.{name}" if path else name)


def _check_value(field: Field, value: Any, struct: str, path: str) -> None:
    if field.shape == "any":
        return
    if field.shape == "scalar":
        _check_scalar(field.name, field.of, value, struct, path)
    elif field.shape == "list":
        if not is_list(value):
            raise TypeMismatchError(struct, path, go_type(value), f"[]{_go_name(field.of)}")
        for entry in value:
            _check_entry(field, entry, struct, path)
    elif not is_object(value):
        want = _go_name(field.of) if field.shape == "struct" else f"map[string]{_go_name(field.of)}"
        raise TypeMismatchError(struct, path, go_type(value), want)
    elif field.shape == "map":
        for entry in value.values():
            _check_entry(field, entry, struct, path)
    else:
        check_types(field.of, value, path)


def _check_entry(field: Field, entry: Any, struct: str, path: str) -> None:
    if is_model(field.of):
        if not is_object(entry):
            raise TypeMismatchError(struct, path, go_type(entry), _go_name(field.of))
        check_types(field.of, entry, path)
    elif field.of in _GO and entry is not None:
        _check_scalar(field.name, field.of, entry, struct, path)


def _check_scalar(name: str, want: str, value: Any, struct: str, path: str) -> None:
    got = go_type(value)
    if want == "str" and got == "number" and (name in QUANTITIES or name in _NUMERIC_STRINGS):
        return
    if got != _GO[want]:
        raise TypeMismatchError(struct, path, got, {"str": "string", "int": "int32"}.get(want, _GO[want]))


def go_type(value: Any) -> str:
    """Return the name Go's JSON decoder has for a value's type."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if is_list(value) else "object" if is_object(value) else "null"


def _go_name(of: str) -> str:
    return "v1." + short(of) if is_model(of) else {"str": "string", "int": "int32"}.get(of, of)
