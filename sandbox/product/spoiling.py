"""Answers with a defect, as faults want them: before the schema guard, or past it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.product.faults.facts import Defect, Effects
    from sandbox.product.schema import Doc


def spoiled(doc: Doc, defect: Defect) -> Doc:
    """Return the answer with this defect; the given one stays as it is."""
    match defect:
        case "title":
            return {**doc, "title": "Answer"}
        case "block":
            return {**doc, "blocks": [*doc["blocks"], {"type": "markdown"}]}
        case "meta":
            return {**doc, "meta": {**doc["meta"], "schema": None}}
        case "":
            return doc


def sent(doc: Doc, effects: Effects) -> Doc:
    """Return the answer as it goes over the wire."""
    if effects.other_session:
        other = str(uuid.uuid5(uuid.NAMESPACE_OID, doc["meta"]["session_id"]))
        doc = {**doc, "meta": {**doc["meta"], "session_id": other}}
    return spoiled(doc, effects.wire)
