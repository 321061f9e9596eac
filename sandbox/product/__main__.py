"""`python -m sandbox.product`: run one pod until SIGTERM."""

from __future__ import annotations

import sys

# TLS ends at the ingress: a pod never speaks it, and without OpenSSL it is 5 MB smaller. Must come
# before the first import of asyncio or aiohttp; both treat a missing `ssl` as "no TLS here".
for _name in ("ssl", "_ssl", "_hashlib"):
    sys.modules[_name] = None  # type: ignore[assignment]

from sandbox.product.server import main  # noqa: E402  see above

if __name__ == "__main__":
    main()
