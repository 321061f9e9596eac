"""`gate decide PHASE`: read a run, decide, write the decision's files, say it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness import policy
from harness.cli import console
from harness.cli.app import DECISIONS, INCONCLUSIVE, app
from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import files
from harness.report.deciding import decision as deciding
from harness.report.deciding import rules
from harness.report.deciding.decision import Beside
from harness.report.reading import gather
from harness.report.showing import document, executor, junit, markdown, notify, page, publish
from harness.report.signing import break_glass, chain, envelope, keyring, other_statements, verify, waive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.model import BrokenGlass, Decision, Evidence
    from harness.report.signing.envelope import PrivateKey
    from harness.report.signing.keyring import Keyring
    from harness.report.signing.waive import Held

ENVIRONMENTS = ("staging", "production")


@app.command()
def decide(
    phase: Annotated[str, typer.Argument(help="The phase, as in `pytest -m PHASE`.")],
    *,
    run: Annotated[Path | None, typer.Option(help="The run's folder; by default the newest.")] = None,
    environment: Annotated[
        str | None, typer.Option("--for", help="Where the decision is to count: staging or production.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Private key to sign the decision with.")] = None,
    nonce: Annotated[str | None, typer.Option(help="What the promoter issued, to be signed along.")] = None,
    waivers: Annotated[
        Path | None, typer.Option(help="Folder of signed waivers; by default `waivers` beside the runs.")
    ] = None,
    ring: Annotated[Path | None, typer.Option("--keyring", help="Whose waivers count; without it none does.")] = None,
    reports: Annotated[Path, typer.Option(help="Where the runs are.")] = Path("reports"),
) -> int:
    """Decide a phase from a run: exit 0 GO, 1 NO_GO, 2 INCONCLUSIVE, 4 wrong use."""
    _ = policy.load().of(phase)
    known = keyring.load(ring) if ring else None
    if environment is not None and environment not in ENVIRONMENTS:
        raise UsageError(f"--for: wanted one of {', '.join(ENVIRONMENTS)}, got {environment!r}")
    signer = envelope.load_private(key) if key else None
    folder = located(run, reports)
    if folder is None:
        console.nothing_to_decide(phase, reports)
        return INCONCLUSIVE
    try:
        evidence = gather.folder(folder)
        allowed = waived(evidence, waivers or reports / "waivers", known)
        made = of_evidence(evidence, phase, environment, allowed, (folder.resolve().parent, reports))
        del evidence  # of 50,000 results it is more than all that follows
        if signer is None and made.rehearsal:
            key, signer = rehearsals_own(folder.resolve().parent / "keys")
        public = str(key.with_suffix(".pub")) if key else None
        used = {line.waived.sha256 for line in made.lines if line.waived is not None}
        along = [one.envelope for one in allowed if one.waived.sha256 in used]
        write(made, folder, Signing(signer, public or "", nonce, along) if signer else None)
    except BaseException:
        withdraw(folder)
        raise
    console.decision(made, public=public)
    tell(made, public)
    return DECISIONS[made.decision]


def tell(made: Decision, public: str | None) -> None:
    """Tell whom the profile names; that it fails is said, and changes nothing."""
    profile = rules.profile_of(made.run.target) if made.run else None
    there = notify.addresses(profile.notify.url_env, os.environ) if profile else ()
    for failed in notify.send(there, notify.of_decision(made, public), clock=SystemClock()):
        typer.echo(failed)


def waived(evidence: Evidence, folder: Path, ring: Keyring | None) -> list[Held]:
    """Return the waivers that hold for a run, and say why others do not; without a keyring nobody may waive."""
    if evidence.run is None or not folder.is_dir():
        return []
    if ring is None:
        typer.echo(f"{folder}: not looked at, since --keyring does not say whose waivers count")
        return []
    builds = verify.under_test(evidence.run.image_digests)
    held, refused = waive.collect(
        [folder], ring, builds=builds, environment=evidence.run.environment, now=SystemClock().wall()
    )
    for reason in refused:
        typer.echo(f"waiver refused: {reason}")
    return held


def rehearsals_own(keys: Path) -> tuple[Path | None, PrivateKey | None]:
    """Return the key that rehearsals beside it sign with, made at first use; none where it can't be made.

    Only for rehearsals: what promotes a real target is signed by a key that somebody chose and keeps.
    """
    private = keys / "gate.key"
    try:
        if not private.exists():
            _ = envelope.keygen(keys)
            typer.echo(
                f"{private}: made to sign rehearsals with, its public half is gate.pub; for anything else: --key"
            )
        return private, envelope.load_private(private)
    except (OSError, UsageError) as trouble:
        typer.echo(f"not signed, so no later phase can rely on it: {trouble}")
        return None, None


def located(run: Path | None, reports: Path) -> Path | None:
    """Return the run's folder: as given, by its id in `reports`, or the newest; None if there is none yet."""
    if run is None:
        newest = reports / "latest"
        return newest if newest.is_dir() else None
    for candidate in (run, reports / run):
        if candidate.is_dir():
            return candidate
    raise UsageError(f"--run {run}: wanted a run's folder, found none; see {reports}/ for the runs there are")


def of_folder(folder: Path, phase: str, environment: str | None = None) -> Decision:
    """Decide a phase from a folder alone, now."""
    return of_evidence(gather.folder(folder), phase, environment)


def of_evidence(
    evidence: Evidence,
    phase: str,
    environment: str | None = None,
    allowed: Sequence[Held] = (),
    beside: Sequence[Path] = (),
) -> Decision:
    """Decide a phase from what was read, now; `beside` are the folders of runs, where decisions before it lie."""
    profile = rules.profile_of(evidence.run.target if evidence.run else None)
    asked = rules.of_phase(phase, profile)
    now = SystemClock().wall()
    previous, why = None, ""
    broken: tuple[BrokenGlass, ...] = ()
    if evidence.run is not None:
        run = evidence.run
        builds = verify.under_test(run.image_digests)
        if asked.after is not None and beside:
            previous, why = chain.find(beside, asked.after, builds, rehearsal=run.rehearsal, now=now)
        broken = tuple(one for folder in beside for one in break_glass.of_run(folder, run.run))
    found = Beside(allowed, previous, why, tuple(dict.fromkeys(broken)))
    return deciding.decide(evidence, asked, rules.wanted(environment, profile), now, found)


def withdraw(folder: Path) -> None:
    """Take away every file of an earlier decision: where deciding fails, nothing may be mistaken for its result."""
    for name in ("verdict.json", *sorted(gather.OURS)):
        (folder / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Signing:
    """With what a decision is signed: the key, where its public half lies, and what is signed along."""

    signer: PrivateKey
    public: str
    nonce: str | None = None
    waivers: Sequence[Mapping[str, Any]] = ()


def write(made: Decision, folder: Path, signing: Signing | None) -> None:
    """Write every file of the decision, as a set."""
    public = signing.public if signing else None
    written = {
        "verdict.html": page.render(made, public, folder).encode(),
        "verdict.md": markdown.render(made, public).encode(),
        "junit.xml": junit.render(made),
        "verdict.json": document.written(made),
    }
    if signing is not None:
        job = executor.job(os.environ)
        summary = other_statements.result_of_tests(made, job.url if job else None)
        written["verdict.intoto.json"] = files.indented(
            envelope.decision(made, signing.signer, signing.nonce, signing.waivers)
        )
        written["test-result.intoto.json"] = files.indented(envelope.sign(summary, signing.signer))
    publish.publish(folder, written, gather.OURS)
