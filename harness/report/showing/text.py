"""Sentences that the console, the page and the summary share."""

from __future__ import annotations

import datetime
import math
import shlex
import unicodedata
from pathlib import PurePath
from typing import TYPE_CHECKING

from harness.report import files
from harness.report.deciding import decision as deciding
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.deciding.model import Decision, Judged, Waived
    from harness.verdict import Fact

TITLES = {"GO": "GO", "NO_GO": "NO GO", "INCONCLUSIVE": "INCONCLUSIVE"}
GLASS = "PROMOTED WITHOUT GO"


def plain(said: str) -> str:
    """Return the text without control characters: test output must not steer a terminal or a page."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} else "\N{REPLACEMENT CHARACTER}"
        for c in said
    )


def cut(said: str, length: int) -> str:
    """Return at most `length` characters of it, plain; the rest is an ellipsis."""
    short = plain(said[: length + 1])
    return short if len(short) <= length else f"{short[: length - 1]}\N{HORIZONTAL ELLIPSIS}"


def title(made: Decision) -> str:
    """Return the decision's name, marked when it is only a rehearsal."""
    return f"{TITLES[made.decision]}{' (REHEARSAL)' if made.rehearsal else ''}"


def validity(made: Decision) -> str:
    """Say until when and for what it counts."""
    where = made.environment or "an unknown environment"
    uid = made.run.cluster_uid if made.run and made.run.cluster_uid else "unknown"
    until = f", valid until {clock(made.expires_at)}" if made.decision == "GO" else ""
    until = f"Decided {clock(made.decided_at)}{until}, for {where} (cluster {uid}) and this build only."
    return f"{until} A rehearsal: it counts for that sandbox and nowhere else." if made.rehearsal else until


def clock(when: datetime.datetime) -> str:
    """Return a time as people read it."""
    return f"{when.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC"


def next_step(made: Decision, public: str | None) -> str:
    """Return the exact command to type next; `public` is the key that a signed decision is checked with."""
    if made.decision != "GO":
        return deciding.next_command(made)
    if public is None:
        return shlex.join(["gate", "decide", made.phase, "--run", made.folder, "--key", "gate.key"])
    return shlex.join(verify_command(made, public))


def hint(made: Decision, public: str | None) -> str:
    """Say what the next command does, where its words do not; empty otherwise."""
    if made.decision == "GO" and public is None:
        return "It signs the decision; `gate keygen` makes the key."
    return "It checks the decision before anybody acts on it." if made.decision == "GO" else ""


def verify_command(made: Decision, public: str) -> list[str]:
    """Return the command that a promoter types."""
    words = ["gate", "verify", f"{made.folder}/verdict.intoto.json", "--key", public, "--run", made.folder]
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
    return [(key, figure(value)) for key, value in facts.items()]


def figure(value: Fact) -> str:
    """Return one fact, short."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else files.encode(value).decode()


def tally(made: Decision) -> str:
    """Count the outcomes."""
    by = {outcome: sum(line.outcome is outcome for line in made.lines) for outcome in Outcome}
    said = f"{by[Outcome.MET]} met, {by[Outcome.VIOLATED]} violated, {by[Outcome.UNKNOWN]} unknown"
    waived = len(waivers(made))
    passed = f"; {waived} of them {'was' if waived == 1 else 'were'} waived" if waived else ""
    return f"{said}, {len(made.planned)} not covered{passed}"


def waivers(made: Decision) -> list[tuple[Judged, Waived]]:
    """Return the lines that somebody let pass, each with who, why and until when."""
    return [(line, line.waived) for line in made.lines if line.waived is not None]


def waived_by(one: Waived) -> str:
    """Say in one sentence who let a line pass, until when, and why."""
    return f"waived by {one.by} until {clock(one.expires_at)}: {one.reason}"


def glass(made: Decision) -> list[str]:
    """Say of each promotion without GO who did it, when, until when it counts, and why; GLASS stands before it."""
    return [
        f"by {one.by}, {clock(one.issued_at)}, until {clock(one.expires_at)}: {one.reason}" for one in made.break_glass
    ]


def before(made: Decision) -> str:
    """Say which phase's decision this one builds on, or why on none."""
    found = made.previous
    if found is None:
        return f"none: {made.no_previous}" if made.no_previous else "none is wanted by the policy"
    return (
        f"{found.phase}, run {found.run}, decided {clock(found.decided_at)}, valid until {clock(found.expires_at)}, "
        f"sha256 {found.envelope_sha256}"
    )


def allure(made: Decision) -> str:
    """Return where `gate report` puts Allure's pages of the run, as seen from the run's folder."""
    return f"../{PurePath(made.folder).name}-allure/index.html"


def report_command(made: Decision) -> str:
    """Return the command that makes Allure's pages of the run."""
    return shlex.join(["gate", "report", made.folder])


def first_line(said: str) -> str:
    """Return the first line of a message that says anything."""
    return next((line.strip() for line in said.splitlines() if line.strip()), "")
