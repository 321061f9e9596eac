"""Defects in how fast the page draws an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, after

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILLED = "  count += 1;\n"  # an answer is about to be drawn
_WORK = after(
    "answer.js",
    "let count = 0;\n",
    """
/** Keep the page busy, as a highlighter does that looks at each letter again and again. */
function work(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
""",
)


def _works(statement: str) -> tuple[Edit, ...]:
    return _WORK, after("answer.js", _FILLED, f"  {statement}\n")


EDITS: Mapping[str, tuple[Edit, ...]] = {
    "render-work-140": _works("work(140);"),
    "render-work-100": _works("work(100);"),
    "render-tenth-400": _works("if (count % 10 === 0) work(400);"),
    "render-grows": _works('work(30 * document.querySelectorAll("#transcript article").length);'),
    "render-debounced": (
        Edit(
            "app.js",
            "    fill(article, answer, {\n",
            "    await new Promise((quiet) => setTimeout(quiet, 200));\n    fill(article, answer, {\n",
        ),
    ),
    "render-typed": (
        after(
            "answer.js",
            "  if (actions) article.append(actions);\n",
            """  const letters = [...answer.title];
  title.textContent = "";
  const typing = setInterval(() => {
    title.append(letters.shift() ?? "");
    if (letters.length === 0) clearInterval(typing);
  }, 15);
""",
        ),
    ),
}
