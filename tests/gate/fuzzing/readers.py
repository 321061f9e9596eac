"""The readers of files that somebody may have changed: each survives whatever it is given, and believes no more."""

from __future__ import annotations

import datetime
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import policy, target
from harness.clock import SystemClock
from harness.errors import HarnessError, UsageError
from harness.report import files
from harness.report.deciding import decision, rules
from harness.report.deciding.model import Wanted
from harness.report.reading import gather, strict
from harness.report.showing import document
from harness.report.signing import attest, break_glass, envelope, keyring, nonces, verify, waive
from tests.gate.attacks.scene import opened, seal, told
from tests.gate.builder import DIGEST, build
from tests.gate.fuzzing import meaning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.report.deciding.model import Decision, Rules
    from harness.report.signing.envelope import PublicKey
    from tests.gate.builder import Folder

PHASE = "flags"  # few lines, so that thousands of runs are decided in little time
LINE = "FF-01"
RING = """
threshold = 1
[[keys]]
name = "gate"
file = "gate.pub"
may = ["decide", "waive", "attest", "break-glass"]
phases = []
environments = ["staging", "production"]
"""


@dataclass(frozen=True)
class Genuine:
    """A signed run and what people have signed, as files; and what each of them says."""

    home: Path
    folder: Folder
    public: PublicKey
    ring: keyring.Keyring
    rules: Rules
    now: datetime.datetime
    nonce: str
    means: tuple[object, ...]

    def file(self, name: str) -> Path:
        """Return a file of the run, or beside it."""
        for folder in (self.folder.path, self.home):
            if (folder / name).is_file():
                return folder / name
        raise LookupError(name)

    def decided(self, folder: Path) -> tuple[Decision, tuple[object, ...]]:
        """Decide a folder as of a fixed time; return what it means, too."""
        evidence = gather.folder(folder)
        made = decision.decide(evidence, self.rules, Wanted(), self.now)
        _ = files.encode(document.of(made))
        return made, meaning.of(evidence, PHASE)


def make(home: Path) -> Genuine:
    """Make all of it."""
    now = SystemClock().wall()
    private, public, _ = envelope.keygen(home)
    _ = (home / "keyring.toml").write_text(RING)
    nonce = nonces.issue(home / "nonces.jsonl", PHASE, "staging", now)
    _ = nonces.issue(home / "nonces.jsonl", "canary", "production", now)
    folder = build(home / "reports", PHASE)
    code, text = told(["decide", PHASE, "--run", str(folder.path), "--key", str(private), "--nonce", nonce])
    assert code == 0, text
    signer, hour = envelope.load_private(private), datetime.timedelta(hours=1)
    said = attest.make(
        line=LINE, build=DIGEST, environment="staging", by="A", statement="fine", valid_for=hour, now=now
    )
    files.write_json(home / "attested.json", attest.sign(said, signer))
    waived = waive.Waiver(LINE, DIGEST, "staging", "UNKNOWN", "A", "known", now, now + hour)
    files.write_json(home / "waived.json", waive.sign(waived, signer))
    broken = break_glass.make(
        phase=PHASE,
        run=folder.run,
        decision="NO_GO",
        build=DIGEST,
        environment="staging",
        by="A",
        reason="down",
        valid_for=hour,
        now=now,
    )
    files.write_json(home / "broken.json", break_glass.sign(broken, signer))
    for name in ("verdict.intoto.json", "attested.json", "waived.json", "broken.json"):
        file = (folder.path if name.startswith("verdict") else home) / name
        _ = (home / f"payload of {name}").write_text(json.dumps(opened(file)))
    _ = shutil.copy(target.FOLDER / "sandbox.toml", home / "profile.toml")
    _ = shutil.copytree(policy.FOLDER, home / "runbook")
    asked = rules.of_phase(PHASE, None)
    means = meaning.of(gather.folder(folder.path), PHASE)
    ring = keyring.load(home / "keyring.toml")
    later = now + datetime.timedelta(seconds=5)
    return Genuine(home, folder, envelope.load_public(public), ring, asked, later, nonce, means)


@dataclass(frozen=True)
class Reader:
    """One reader: `name` of the genuine file, or what finds it, and what has to hold for whatever stands there."""

    name: str
    read: Callable[[Genuine, bytes], None]
    path: Callable[[Genuine], Path] | None = None

    def file(self, genuine: Genuine) -> Path:
        """Return the genuine file."""
        return self.path(genuine) if self.path else genuine.file(self.name)


def strictly(_genuine: Genuine, raw: bytes) -> None:
    """Read JSON: the quick way and the slow way agree, and what is read can be written."""
    try:
        value = strict.loads(raw)
    except strict.Malformed as trouble:
        assert "\n" not in str(trouble)
        return
    assert repr(strict.slow(raw)) == repr(value)
    _ = json.dumps(value, ensure_ascii=False).encode()


def of_run(find: Callable[[Genuine], Path]) -> Callable[[Genuine, bytes], None]:
    """Read a file as part of its run: the run is decided, and GO only if nothing that decides has changed."""

    def read(genuine: Genuine, raw: bytes) -> None:
        path = find(genuine)
        whole = path.read_bytes()
        try:
            _ = path.write_bytes(raw)
            made, means = genuine.decided(genuine.folder.path)
        finally:
            _ = path.write_bytes(whole)
        assert made.decision != "GO" or means == genuine.means
        for blocker in made.blockers:
            assert "; " in blocker.message
            assert "\n" not in blocker.message

    return read


def enveloped(genuine: Genuine, raw: bytes) -> None:
    """Read a decision's envelope: it is believed only if it says what was signed."""
    opened = envelope.open_(raw, [genuine.public], envelope.VERDICT)
    signed = envelope.open_(genuine.file("verdict.intoto.json").read_bytes(), [genuine.public], envelope.VERDICT)
    assert signed.reasons == ()
    assert opened.reasons or opened.statement == signed.statement
    against = verify.claims_otherwise(raw, genuine.ring, verify.Expected(), genuine.now)
    assert against or opened.statement == signed.statement
    _ = verify.claim(raw)


def attested(genuine: Genuine, raw: bytes) -> None:
    """Read an attestation."""
    about = {"line": LINE, "build": DIGEST, "environment": "staging"}
    said, against = attest.verify(raw, [genuine.public], **about, now=genuine.now)
    genuinely, _ = attest.verify(genuine.file("attested.json").read_bytes(), [genuine.public], **about, now=genuine.now)
    assert against or said == genuinely


def waived(genuine: Genuine, raw: bytes) -> None:
    """Read a waiver."""
    genuinely = genuine.file("waived.json").read_bytes()
    held, against = waive.verify(raw, genuine.ring, builds={DIGEST}, environment="staging", now=genuine.now)
    known, none = waive.verify(genuinely, genuine.ring, builds={DIGEST}, environment="staging", now=genuine.now)
    assert none == []
    assert against or (held and held.waiver) == (known and known.waiver)


def broken(genuine: Genuine, raw: bytes) -> None:
    """Read a promotion without GO."""
    said, against = break_glass.verify(raw, genuine.ring, genuine.now)
    genuinely, _ = break_glass.verify(genuine.file("broken.json").read_bytes(), genuine.ring, genuine.now)
    assert against or said == genuinely


def inside(look: Callable[[Genuine, bytes], object]) -> Callable[[Genuine, bytes], None]:
    """Read a payload that somebody signed who may: it can say anything, and still nothing falls over."""

    def read(genuine: Genuine, raw: bytes) -> None:
        _ = look(genuine, json.dumps(seal(raw, genuine.home / "gate.key")).encode())

    return read


def _promoted(genuine: Genuine, raw: bytes) -> object:
    _ = verify.claim(raw)
    return verify.verify(raw, genuine.ring, verify.Expected(), genuine.folder.path, genuine.now)


def _signed_off(genuine: Genuine, raw: bytes) -> object:
    return attest.verify(raw, [genuine.public], line=LINE, build=DIGEST, environment="staging", now=genuine.now)


def _waived(genuine: Genuine, raw: bytes) -> object:
    return waive.verify(raw, genuine.ring, builds={DIGEST}, environment="staging", now=genuine.now)


def _broken(genuine: Genuine, raw: bytes) -> object:
    return break_glass.verify(raw, genuine.ring, genuine.now)


def _at(genuine: Genuine, name: str, raw: bytes) -> Path:
    path = genuine.home / "changed" / name
    path.parent.mkdir(exist_ok=True)
    _ = path.write_bytes(raw)
    return path


def ringed(genuine: Genuine, raw: bytes) -> None:
    """Read a keyring: no key comes out of it that did not lie beside it."""
    path = genuine.home / "changed.toml"
    _ = path.write_bytes(raw)
    try:
        ring = keyring.load(path)
    except UsageError:
        return
    assert {holder.public.keyid for holder in ring.holders} == {genuine.public.keyid}


def booked(genuine: Genuine, raw: bytes) -> None:
    """Read a book of nonces: a nonce that it takes was issued there."""
    path = _at(genuine, "nonces.jsonl", raw)
    try:
        entries, against = nonces.against(path, genuine.nonce, PHASE, "staging", "0" * 64)
    except HarnessError as trouble:
        assert "nonce book" in str(trouble)
        return
    issued = [entry for entry in entries if (entry.event, entry.nonce) == ("issued", genuine.nonce)]
    assert against or issued


def profiled(genuine: Genuine, raw: bytes) -> None:
    """Read a target's profile."""
    try:
        _ = target.load(str(_at(genuine, "profile.toml", raw)))
    except UsageError as trouble:
        assert "target profile" in str(trouble)


def ruled(genuine: Genuine, raw: bytes) -> None:
    """Read the policy."""
    folder = genuine.home / "changed" / "runbook"
    folder.mkdir(parents=True, exist_ok=True)
    _ = (folder / "lines.toml").write_bytes(b"")
    _ = (folder / "policy.toml").write_bytes(raw)
    try:
        _ = policy.load(folder)
    except UsageError as trouble:
        assert "policy" in str(trouble)


def _result(genuine: Genuine) -> Path:
    return genuine.folder.path / genuine.folder.result(LINE)


def _attachment(genuine: Genuine) -> Path:
    return next((genuine.folder.path / "allure-results").glob("*-attachment.txt"))


def _here(name: str) -> Callable[[Genuine], Path]:
    return lambda genuine: genuine.folder.path / name


READERS = [
    Reader("run.json as JSON", strictly, _here("run.json")),
    Reader("a result as JSON", strictly, _result),
    *(Reader(name, of_run(_here(name))) for name in ("run.json", "ledger.jsonl", "outcomes.jsonl", "evidence.db")),
    Reader("a result", of_run(_result), _result),
    Reader("an attachment", of_run(_attachment), _attachment),
    Reader("verdict.intoto.json", enveloped),
    Reader("attested.json", attested),
    Reader("waived.json", waived),
    Reader("broken.json", broken),
    Reader("payload of verdict.intoto.json", inside(_promoted)),
    Reader("payload of attested.json", inside(_signed_off)),
    Reader("payload of waived.json", inside(_waived)),
    Reader("payload of broken.json", inside(_broken)),
    Reader("keyring.toml", ringed),
    Reader("nonces.jsonl", booked),
    Reader("profile.toml", profiled),
    Reader("runbook/policy.toml", ruled),
]
