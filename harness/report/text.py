"""Sentences that the console, the page and the summary share."""

from __future__ import annotations

import math
import shlex
import unicodedata
from typing import TYPE_CHECKING

from harness.report import decision as deciding
from harness.report import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.model import Decision
    from harness.verdict import Fact

TITLES = {"GO": "GO", "NO_GO": "NO GO", "INCONCLUSIVE": "INCONCLUSIVE"}


def plain(said: str) -> str:
    """Return the text without control characters: test output must not steer a terminal or a page."""
    return "".join(c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} else "\N{REPLACEMENT CHARACTER}" for c in said)


def title(made: Decision) -> str:
    """Return the decision's name, marked when it is only a rehearsal."""
    return f"{TITLES[made.decision]}{' (REHEARSAL)' if made.rehearsal else ''}"


def validity(made: Decision) -> str:
    """Say until when and for what it counts."""
    where = made.environment or "an unknown environment"
    uid = made.run.cluster_uid if made.run and made.run.cluster_uid else "unknown"
    until = f"Decided {stamp.rfc3339(made.decided_at)}, valid until {stamp.rfc3339(made.expires_at)}, for {where} (cluster {uid}) and this build only."
    return f"{until} A rehearsal: it counts for that sandbox and nowhere else." if made.rehearsal else until


def next_step(made: Decision, *, signed: bool) -> str:
    """Return the exact command to type next."""
    if made.decision != "GO":
        return deciding.next_command(made)
    if not signed:
        return shlex.join(["gate", "decide", made.phase, "--run", made.folder, "--key", "gate.key"]) + "   (signs it; `gate keygen` makes the key)"
    return shlex.join(verify_command(made))


def verify_command(made: Decision) -> list[str]:
    """Return the command that a promoter types."""
    words = ["gate", "verify", f"{made.folder}/verdict.intoto.json", "--key", "gate.pub", "--run", made.folder]
    words += ["--expect", f"phase={made.phase}", "--expect", f"environment={made.environment}"]
    if made.run and made.run.cluster_uid:
        words += ["--expect", f"cluster_uid={made.run.cluster_uid}"]
    words += ["--allow-coverage", f"{math.floor(made.coverage * 10_000) / 10_000:.4f}"] if made.coverage < 1 else []
    return words + (["--rehearsal"] if made.rehearsal else [])


def changes(made: Decision) -> str:
    """Say what would change the decision."""
    if made.decision == "GO":
        return "Any required line that leaves MET, a new build, another cluster, or the end of its validity."
    if made.decision == "NO_GO":
        return "A new run in which every violated line is met. Deciding the same run again will not."
    return "A complete run that settles each point under Blockers. None of them says that the target is bad."


def shown(facts: Mapping[str, Fact]) -> list[tuple[str, str]]:
    """Return facts as short pairs for people; nested ones as they are in JSON."""
    return [(plain(key), plain(figure(value))) for key, value in facts.items()]


def figure(value: Fact) -> str:
    """Return one fact, short."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
