"""A short film of a look: the frames that Chromium showed, kept small, written only if somebody has to see it."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 640, 480
MOST_FRAMES = 150  # the newest: what led to the end
FRAME_MS = 200
LAST_MS = 2_000


class Film:
    """Frames of one page as they come; Playwright's own video needs a program that no package brings."""

    def __init__(self, page: Page) -> None:
        """Begin to record."""
        self._frames: list[str] = []
        self._session: Any = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._keep)
        settings = {"format": "jpeg", "quality": 40, "maxWidth": WIDTH, "maxHeight": HEIGHT, "everyNthFrame": 4}
        self._session.send("Page.startScreencast", settings)

    def _keep(self, event: dict[str, Any]) -> None:
        self._frames.append(event["data"])
        del self._frames[:-MOST_FRAMES]
        self._session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    def webp(self) -> bytes:
        """Return the film as an animated WebP; nothing where there is no frame."""
        if not self._frames:
            return b""
        shown = [Image.open(io.BytesIO(base64.b64decode(frame))).convert("RGB") for frame in self._frames]
        size = shown[-1].size
        shown = [frame if frame.size == size else frame.resize(size) for frame in shown]
        made = io.BytesIO()
        lasts = [FRAME_MS] * (len(shown) - 1) + [LAST_MS]
        shown[0].save(made, "WEBP", save_all=True, append_images=shown[1:], duration=lasts, quality=40)
        return made.getvalue()
