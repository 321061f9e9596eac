"""Every fault by name. A fault is made where it would arise, never in what examines it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.around import AROUND
from sandbox.faults.browser import BROWSER
from sandbox.faults.fault import Fault
from sandbox.faults.operations import OPERATIONS
from sandbox.faults.routing import ROUTING
from sandbox.faults.watched import WATCHED

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULTS", "Fault"]

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in (*ROUTING, *WATCHED, *AROUND, *OPERATIONS, *BROWSER)}
