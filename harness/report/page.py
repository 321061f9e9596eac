"""verdict.html: the decision on one page that stands alone, for people who have to act on it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from harness.report import decision as deciding
from harness.report import document, plot, text
from harness.verdict import Outcome

if TYPE_CHECKING:
    from harness.report.model import Decision, Judged

TEMPLATES = Path(__file__).parent / "templates"
MAX_BYTES = 300_000
LENGTHS = (4_000, 500, 80)  # how much of each text is shown; the first that fits is taken
MOST = 200  # rows of facts or blockers


def render(made: Decision, public: str | None = None) -> str:
    """Return the page; whatever comes from a test is escaped, and cut where the page would get too large.

    `public` is where the key is that a signed decision is checked with; None if it is not signed.
    """
    template = _environment().get_template("verdict.html.jinja")
    html = ""
    for length in LENGTHS:
        html = template.render(_context(made, public, length))
        if len(html.encode()) <= MAX_BYTES:
            break
    return html


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _context(made: Decision, public: str | None, length: int) -> dict[str, object]:
    def cut(said: str) -> str:
        return text.cut(said, length)

    return {
        "made": made,
        "title": text.title(made),
        "name": text.TITLES[made.decision],
        "because": cut(deciding.because(made)),
        "validity": text.validity(made),
        "next": cut(text.next_step(made, public)),
        "hint": text.hint(made, public),
        "changes": text.changes(made),
        "rows": [_row(line, length) for line in made.lines],
        "blockers": [(b.code, b.line, cut(b.message)) for b in made.blockers[:MOST]],
        "more": max(0, len(made.blockers) - MOST),
        "counts": made.counts,
        "tally": tally(made),
        "identity": identity(made),
        "signed": public is not None,
        "cut": cut,
    }


def _row(line: Judged, length: int) -> dict[str, object]:
    def cut(said: str) -> str:
        return text.cut(said, length)

    return {
        "id": line.id,
        "says": cut(line.says),
        "outcome": line.outcome.name,
        "css": line.outcome.name.lower(),
        "reason": line.reason.value if line.reason else "",
        "because": cut(line.because),
        "figures": plot.words(line.facts),
        "plot": plot.of(line.facts),
        "facts": [(cut(name), cut(value)) for name, value in text.shown(line.facts)[:MOST]],
        "alpha": line.alpha,
        "escalation": line.escalation if line.outcome is Outcome.VIOLATED else "",
        "next": cut(line.next),
    }


def tally(made: Decision) -> str:
    """Count the outcomes."""
    by = {outcome: sum(line.outcome is outcome for line in made.lines) for outcome in Outcome}
    said = f"{by[Outcome.MET]} met, {by[Outcome.VIOLATED]} violated, {by[Outcome.UNKNOWN]} unknown"
    return f"{said}, {len(made.planned)} not covered"


def identity(made: Decision) -> list[tuple[str, str]]:
    """Return what was decided about: every value read, unknown ones named as such."""
    run = made.run
    pairs = [("phase", made.phase), ("environment", made.environment)]
    if run:
        commit, dirty = run.git.get("commit"), run.git.get("dirty")
        changed = "" if dirty is False else " (with local changes)" if dirty else " (changed locally or not: unknown)"
        pairs += [("target", run.target), ("run", run.run), ("cluster uid", run.cluster_uid)]
        pairs += [(f"image, {arm}", ", ".join(found)) for arm, found in sorted(run.image_digests.items())]
        pairs += [("runbook at commit", f"{commit}{changed}" if commit else None)]
    pairs += [
        ("watched from", document.when(made.started)),
        ("to", document.when(made.finished)),
        ("decided", document.when(made.decided_at)),
        ("policy", f"sha256 {made.policy_sha256}"),
    ]
    return [(name, text.plain(value) if value else "unknown") for name, value in pairs]
