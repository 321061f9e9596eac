"""What a decision is about and how complete its run was, as pairs for people; the page and the summary share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.report.showing import document, text

if TYPE_CHECKING:
    from harness.report.deciding.model import Decision

ARMS: Final = 12  # that are shown; there are two
VALUE: Final = 400  # characters of a value


def identity(made: Decision) -> list[tuple[str, str]]:
    """Return what was decided about: every value read, unknown ones named as such."""
    run = made.run
    pairs: list[tuple[str, str | None]] = [("phase", made.phase), ("environment", made.environment)]
    if run:
        images = sorted(run.image_digests.items())[:ARMS]
        pairs += [("target", run.target), ("run", run.run), ("cluster uid", run.cluster_uid)]
        pairs += [(f"image, {text.cut(arm, 40)}", ", ".join(found)) for arm, found in images]
        pairs.append(("runbook at commit", commit(made)))
    pairs += [
        ("watched from", document.when(made.started)),
        ("to", document.when(made.finished)),
        ("decided", document.when(made.decided_at)),
        ("valid until", document.when(made.expires_at)),
        ("policy", f"sha256 {made.policy_sha256}"),
        ("builds on phase", text.before(made)),
    ]
    return [(name, text.cut(value, VALUE) if value else "unknown") for name, value in pairs]


def commit(made: Decision) -> str | None:
    """Return the commit of this repository, and whether it was changed locally; None where nobody knows."""
    found, dirty = (made.run.git.get("commit"), made.run.git.get("dirty")) if made.run else (None, None)
    if not found:
        return None
    changed = "" if dirty is False else " (with local changes)" if dirty else " (changed locally or not: unknown)"
    return f"{found}{changed}"


def completeness(made: Decision) -> list[tuple[str, str]]:
    """Return how complete the run was."""
    counts = made.counts
    return [
        ("planned tests", str(counts.planned)),
        ("ran to their end", str(counts.ran)),
        ("not run", str(counts.not_run)),
        ("deselected", str(counts.deselected)),
        ("not collected", str(counts.collect_errors)),
        ("workers lost", str(counts.workers_lost)),
        ("interruptions", str(counts.interrupted)),
        ("Allure results", str(counts.results)),
        ("exit status", "none: it did not end" if counts.exit_status is None else str(counts.exit_status)),
        ("evidence files", f"{len(made.files)}, each with its sha256 in verdict.json"),
        ("lines with a test", f"{made.coverage:.0%}"),
    ]
