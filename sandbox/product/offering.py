"""What the page is given to offer, as faults want it: spoilt examples and suggested actions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.product.faults import Effects
    from sandbox.product.schema import Doc

SEED = 7  # of examples that are no longer drawn


def seed(drawn: int, change: Effects) -> int:
    """Return what the examples follow from: what was drawn for this call, or always the same."""
    return SEED if change.showing == "seeded" else drawn


def examples(chosen: Sequence[str], change: Effects) -> list[str]:
    """Return the examples as they are given; a template may go out with its first one not filled in."""
    if change.showing == "braces" and chosen:
        return ["How do I plan {subject}?", *chosen[1:]]
    return list(chosen)


def answer(doc: Doc, question: str, change: Effects) -> Doc:
    """Return an answer with its suggested actions as they are given; the given one stays as it is."""
    actions = doc["meta"].get("suggested_actions")
    if not actions:
        return doc
    match change.showing:
        case "asked":
            actions = [{"label": question}, *actions[1:]]
        case "marked":
            actions = [{**action, "label": f"**{action['label']}**"} for action in actions]
        case _:
            return doc
    return {**doc, "meta": {**doc["meta"], "suggested_actions": actions}}
