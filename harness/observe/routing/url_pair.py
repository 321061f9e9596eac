"""No cluster access: an address for each arm. Nothing about a split can be read or measured."""

from __future__ import annotations

from harness.judge.route import Route


def read() -> Route:
    """Return a route without a weight; its judges say UNKNOWN."""
    return Route(kind="url-pair", unreadable=("two plain addresses carry no weight and no routing rules",))
