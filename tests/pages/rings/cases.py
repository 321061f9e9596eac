"""All pages that the detector of focus rings is held to: 44 whose control shows its focus, 38 whose control does not.

Written before the detector was run on them; its thresholds are the standard's, not fitted to these pages.
"""

from __future__ import annotations

from tests.pages.rings.bad import BAD
from tests.pages.rings.good import GOOD

CASES = (*GOOD, *BAD)

__all__ = ["BAD", "CASES", "GOOD"]
