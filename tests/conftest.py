"""What all tests share: how property tests search."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)  # a new find must not block somebody else's change
settings.load_profile("ci" if os.environ.get("CI") else "default")
