"""Start a browser and say what came of it: in a process of its own, since a thread has room for one."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.errors import HarnessError
from harness.observe.page.browser import Browser
from harness.target import Target

if __name__ == "__main__":
    try:
        with Browser(Target("none", {}), "http://127.0.0.1:1", Path()) as browser:
            _ = sys.stdout.write(f"{browser.version}\n")
    except HarnessError as trouble:
        _ = sys.stdout.write(f"{trouble}\n")
