"""Times and run ids as reports write them."""

from __future__ import annotations

import datetime
import secrets
import uuid


def rfc3339(when: datetime.datetime) -> str:
    """Return an aware time in UTC with milliseconds, as 2026-01-01T00:00:00.000Z."""
    return when.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_id(when: datetime.datetime) -> str:
    """Return a new UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then random, so that names sort by time."""
    milliseconds = int(when.timestamp() * 1000)
    value = (milliseconds & (2**48 - 1)) << 80
    value |= 0x7 << 76 | secrets.randbits(12) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))
