"""What the API answers when it refuses: `Status` objects, worded as Kubernetes words them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj


class ApiError(Exception):
    """A request that ends in a Status object; `code` is its HTTP status."""

    def __init__(self, code: int, reason: str, message: str, details: Obj | None = None) -> None:
        """Keep what the Status says."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def body(self) -> Obj:
        """Return the Status object."""
        body: Obj = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why an object is invalid: the field's path, a machine-readable kind and the sentence."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"

    def json(self) -> Obj:
        """Return it as an entry of `details.causes`."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def required(field: str, why: str = "") -> Cause:
    """Return the cause of a missing field."""
    return Cause(field, f"Required value{': ' + why if why else ''}", "FieldValueRequired")


def _details(resource: Resource, name: str) -> Obj:
    details: Obj = {"name": name, "group": resource.group, "kind": resource.plural}
    return {key: value for key, value in details.items() if value}


def not_found(resource: Resource, name: str) -> ApiError:
    """404: no object of that name."""
    return ApiError(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def no_resource() -> ApiError:
    """404: no such path."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: Resource, name: str) -> ApiError:
    """409: the name is taken."""
    return ApiError(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', _details(resource, name))


_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: Resource, name: str, why: str = _MODIFIED) -> ApiError:
    """409: the object is not what the caller read."""
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(resource, name))


def bad_request(message: str) -> ApiError:
    """400: the request makes no sense."""
    return ApiError(400, "BadRequest", message)


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: the object breaks a rule; every broken rule is named."""
    said = [f"{cause.field}: {cause.message}" for cause in causes]
    text = said[0] if len(said) == 1 else "[" + ", ".join(said) + "]"
    details: Obj = {"name": name, "group": group, "kind": kind}
    details = {key: value for key, value in details.items() if value}
    details["causes"] = [cause.json() for cause in causes]
    qualified = f"{kind}.{group}" if group else kind
    return ApiError(422, "Invalid", f'{qualified} "{name}" is invalid: {text}', details)


def invalid_patch(value: str, why: str) -> ApiError:
    """422: the patched object does not fit its type; Kubernetes names no object here."""
    return invalid("", "", "", [Cause("patch", f'Invalid value: "{_escaped(value)}": {why}')])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def unauthorized() -> ApiError:
    """401: no token, or one nobody has."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def gone(message: str) -> ApiError:
    """410: the history does not reach back that far."""
    return ApiError(410, "Expired", message)


def method_not_allowed() -> ApiError:
    """405: the resource exists and can't do that."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def unsupported_media_type() -> ApiError:
    """415: a body of a kind this path does not take."""
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def too_large_version(asked: int, current: int) -> ApiError:
    """504: a resourceVersion from the future."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    message = f"Too large resource version: {asked}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": causes, "retryAfterSeconds": 1})
