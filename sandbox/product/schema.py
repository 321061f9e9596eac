"""The schema guard: what an answer of schema v2 is, what is wrong with one, and how it is repaired."""

from __future__ import annotations

from typing import Any, TypeAlias

Doc: TypeAlias = dict[str, Any]
"""One JSON document: an answer, a block, a metrics document."""

VERSION = "v2"
BLOCKS = frozenset({"markdown", "code", "table", "callout", "image", "list"})
SHORTEST_TITLE = 10


def problems(answer: Doc) -> list[str]:
    """Return what keeps an answer from being valid v2, as reasons that can be counted; empty if it is valid."""
    found: list[str] = []
    title = answer.get("title")
    if not isinstance(title, str) or len(title) < SHORTEST_TITLE:
        found.append("title_too_short")
    blocks: Any = answer.get("blocks")
    if not isinstance(blocks, list) or not blocks:
        found.append("no_blocks")
    elif not all(valid_block(block) for block in blocks):  # type: ignore[reportUnknownVariableType]
        found.append("bad_block")
    if not valid_meta(answer.get("meta")):
        found.append("bad_meta")
    return found


def valid_block(block: Any) -> bool:
    """Tell whether a block has a known type and its content, and a table all its cells."""
    if not isinstance(block, dict) or block.get("type") not in BLOCKS or not isinstance(block.get("content"), str):  # type: ignore[reportUnknownMemberType]
        return False
    if block["type"] != "table":
        return True
    headers, rows = block.get("headers"), block.get("rows")  # type: ignore[reportUnknownMemberType]
    return (
        isinstance(block.get("caption"), str)  # type: ignore[reportUnknownMemberType]
        and isinstance(headers, list)
        and isinstance(rows, list)
        and all(isinstance(row, list) and len(row) == len(headers) for row in rows)  # type: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    )


def valid_meta(meta: Any) -> bool:
    """Tell whether the meta part names schema, session, tier and cost."""
    return (
        isinstance(meta, dict)
        and meta.get("schema") == VERSION  # type: ignore[reportUnknownMemberType]
        and all(isinstance(meta.get(key), str) and meta[key] for key in ("session_id", "tier"))  # type: ignore[reportUnknownMemberType]
        and isinstance(meta.get("tokens_used"), int)  # type: ignore[reportUnknownMemberType]
    )


def repaired(answer: Doc, question: str, meta: Doc) -> Doc:
    """Return a valid v2 answer made of what is usable in a broken one; `meta` is what the server knows."""
    title = answer.get("title")
    blocks: Any = answer.get("blocks")
    kept: list[Doc] = [block for block in blocks if valid_block(block)] if isinstance(blocks, list) else []  # type: ignore[reportUnknownVariableType]
    text = answer.get("text")
    if not kept:
        kept = [{"type": "markdown", "content": str(text or f"An answer to: {question}")}]
    good = isinstance(title, str) and len(title) >= SHORTEST_TITLE
    return {
        **answer,
        "title": title if good else f"Answer: {question.strip()[:80]}".ljust(SHORTEST_TITLE, "."),
        "blocks": kept,
        "meta": answer["meta"] if valid_meta(answer.get("meta")) else meta,
    }
