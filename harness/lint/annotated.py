"""What commands and manifests write into an Ingress's annotations: by patch, by `annotate`, by an applied object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import msgspec

from harness.lint import kubectl
from harness.lint.shape import at as inside
from harness.lint.shape import rows, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.lint.kubectl import Kubectl
    from harness.lint.script import Script

_BARE = re.compile(r"(:\s*)(\$\w+|\$\{\w+\}|\$\(\))(?=\s*[,}\]])")
_APPLIES = {"apply", "create", "replace"}
Value = str | int | float | bool | dict[str, Any] | list[Any] | None


@dataclass(frozen=True, slots=True)
class Setting:
    """One annotation that is set: on which Ingress, its key, and its value as it stands there; None takes it away."""

    ingress: str
    key: str
    value: Value
    line: int
    context: str = ""
    namespace: str = ""
    manifest: bool = False


def of_script(script: Script) -> Iterator[Setting]:
    """Yield everything that a script's commands write, in their order."""
    for found in kubectl.every(script):
        if found.verb == "annotate" and found.kind == "ingress":
            yield from _annotated(found)
        elif found.verb == "patch" and found.kind == "ingress":
            yield from _patched(found)
        elif found.verb in _APPLIES:
            for text, line in found.fed:
                yield from _of_manifests(text, line, found)
    for pipeline in script.pipelines:
        for command in pipeline.commands:
            if command.name in {"cat", "tee"}:
                for text, line in command.fed:
                    yield from of_manifests(text, line)


def of_manifests(text: str, first: int) -> Iterator[Setting]:
    """Yield what the Ingresses of a YAML or JSON text carry; text that is neither carries nothing."""
    at = first
    for document in re.split(r"^---.*$", text, flags=re.MULTILINE):
        for ingress in _ingresses(document):
            meta = table(ingress.get("metadata"))
            for key, value in table(meta.get("annotations")).items():
                found = re.search(rf"(?m)^.*{re.escape(key)}['\"]?\s*:", document)
                line = at + document.count("\n", 0, found.end()) if found else at
                place = str(meta.get("namespace") or "")
                yield Setting(str(meta.get("name") or ""), key, value, line, namespace=place, manifest=True)
        at += document.count("\n")


def _of_manifests(text: str, line: int, by: Kubectl) -> Iterator[Setting]:
    for found in of_manifests(text, line):
        place = found.namespace or by.namespace
        yield Setting(found.ingress, found.key, found.value, found.line, by.context, place, manifest=True)


def _ingresses(document: str) -> Iterator[dict[str, Any]]:
    if "Ingress" not in document:
        return
    filled = re.sub(r"\$\{\w+:?-([^{}\n]*)\}", r"\1", document)
    filled = re.sub(r"\$\{(\w+)[^{}\n]*\}", r"$\1", filled)  # a brace would begin a YAML mapping
    try:
        whole = msgspec.yaml.decode(filled)
    except msgspec.DecodeError:
        return
    for one in (whole, *rows(table(whole).get("items"))):
        if table(one).get("kind") == "Ingress":
            yield table(one)


def _annotated(found: Kubectl) -> Iterator[Setting]:
    for name in found.names:
        for setting in found.settings:
            key, given, value = setting.partition("=")
            removed = not given
            key = key.removesuffix("-") if removed else key
            yield Setting(name, key, None if removed else value, found.line, found.context, found.namespace)


def _patched(found: Kubectl) -> Iterator[Setting]:
    text = found.flags.get("patch", "")
    whole = _loose(text)
    notes: Mapping[str, Any] = inside(whole, "metadata", "annotations")
    pairs = list(notes.items())
    for step in rows(whole):
        path = str(table(step).get("path") or "")
        where, _, last = path.rpartition("/")
        if where == "/metadata/annotations":
            value = None if table(step).get("op") == "remove" else table(step).get("value")
            pairs.append((last.replace("~1", "/").replace("~0", "~"), value))
        elif path == "/metadata/annotations":
            pairs += list(table(table(step).get("value")).items())
    for name in found.names:
        for key, value in pairs:
            yield Setting(name, key, value, found.line, found.context, found.namespace)


def _loose(text: str) -> object:
    """Decode JSON or YAML; a bare variable where a value should be is a number, as the shell would leave it."""
    numbered = _BARE.sub(r"\g<1>0", text)
    for decode, attempt in (
        (msgspec.json.decode, text),
        (msgspec.json.decode, numbered),
        (msgspec.yaml.decode, numbered),
    ):
        try:
            found: object = decode(attempt)
        except (msgspec.DecodeError, ValueError):
            continue
        if isinstance(found, dict | list):
            return cast("object", found)
    return None
