"""How traffic is configured to split, read from three kinds of routing, and how to ask each arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.route import Route
from harness.observe.routing import gateway, nginx, url_pair
from harness.target import GatewayRouting, NginxRouting, UrlPairRouting

if TYPE_CHECKING:
    from harness.observe.snapshot import ClusterSnapshot
    from harness.target import Environment

__all__ = ["Route", "read"]


def read(environment: Environment, snapshot: ClusterSnapshot) -> Route:
    """Return the configured route of an environment, from the objects of its cluster."""
    match environment.routing:
        case NginxRouting() as settings:
            return nginx.read(settings, snapshot)
        case GatewayRouting() as settings:
            return gateway.read(settings, snapshot)
        case UrlPairRouting():
            return url_pair.read()
        case None:
            return Route(kind="none", unreadable=("the profile names no routing",))
