"""Faults in what the service gives the page to show: its examples, and the actions that it suggests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.when import on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.when import Rule

SHOWING: Mapping[str, Rule] = {
    "examples-same-seed": on(showing="seeded"),
    "examples-braces": on(showing="braces"),
    "actions-asked-again": on(showing="asked"),
    "actions-in-markdown": on(showing="marked"),
}
