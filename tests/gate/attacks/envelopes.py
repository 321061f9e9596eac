"""Attacks on the signed decision itself: its form, its signature, and what it is passed off as."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from harness.report.signing import envelope
from tests.gate.attacks.attack import Attack, both, payload, predicate, signed, verdict
from tests.gate.attacks.scene import OTHER_BUILD, STRANGER, opened, ring, seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.attacks.scene import Do, Scene

DEEP = 1_000_000


def text(how: Callable[[bytes], bytes]) -> Do:
    """Change the envelope's bytes."""
    return lambda scene: scene.file.write_bytes(how(scene.file.read_bytes()))


def wire(how: Callable[[dict[str, Any]], object]) -> Do:
    """Change the envelope's fields."""

    def do(scene: Scene) -> None:
        value = scene.wire()
        _ = how(value)
        scene.put(value)

    return do


def signature(how: Callable[[bytes], bytes]) -> Do:
    """Change the signature's bytes."""

    def change(value: dict[str, Any]) -> None:
        held = value["signatures"][0]
        held["sig"] = base64.b64encode(how(base64.b64decode(held["sig"]))).decode()

    return wire(change)


def sealed(how: Callable[[bytes], bytes], key: str = "gate") -> Do:
    """Sign other bytes for a payload, with a key that counts."""

    def do(scene: Scene) -> None:
        scene.put(seal(how(json.dumps(opened(scene.file)).encode()), scene.key(key)))

    return do


def of_another_payload(scene: Scene) -> None:
    """Take the signature of the decision before."""
    other = json.loads((scene.before / "verdict.intoto.json").read_text())
    scene.put(scene.wire() | {"signatures": other["signatures"]})


def as_the_gate(scene: Scene) -> None:
    """Sign with a stranger's key and name the gate's."""
    genuine = scene.wire()
    forged = seal(json.dumps(opened(scene.file)).encode(), scene.key(STRANGER))
    forged["signatures"][0]["keyid"] = genuine["signatures"][0]["keyid"]
    scene.put(forged)


def two_and_one_bad(scene: Scene) -> None:
    """Ask for two signatures; the second is of something else."""
    ring(scene.ring, threshold=2)
    other = seal(b"{}", scene.key("second"))
    scene.put(scene.wire() | {"signatures": [*scene.wire()["signatures"], *other["signatures"]]})


def the_same_twice(scene: Scene) -> None:
    """Ask for two signatures and give one of them twice."""
    ring(scene.ring, threshold=2)
    scene.put(scene.wire() | {"signatures": scene.wire()["signatures"] * 2})


def too_few(scene: Scene) -> None:
    """Ask for two signatures of a decision that has one."""
    ring(scene.ring, threshold=2)


def kind(of: str) -> Do:
    """Sign the decision as a statement of another kind."""
    return signed(lambda said: said.update(predicateType=of))


def raw_payload(of: str) -> Do:
    """Sign the same payload under another type."""

    def do(scene: Scene) -> None:
        scene.put(seal(json.dumps(opened(scene.file)).encode(), scene.key("gate"), of))

    return do


NO_ENVELOPE = "not a DSSE envelope"
NO_STATEMENT = "not an in-toto statement"

ENVELOPES = [
    # the signature
    Attack("no signature", "signed by nobody", wire(lambda w: w.update(signatures=[]))),
    Attack("an empty signature", "signature: ", signature(lambda _: b"")),
    Attack("a bit of the signature flipped", "signature: ", signature(lambda s: bytes([s[0] ^ 1]) + s[1:])),
    Attack("a longer signature", "signature: ", signature(lambda s: s + b"\0")),
    Attack("a signature of another payload", "signature: ", of_another_payload),
    Attack("a signature by a stranger", "signature: ", sealed(lambda p: p, STRANGER)),
    Attack("a signature by a stranger in the gate's name", "signature: ", as_the_gate),
    Attack("two signatures wanted, one given", "fewer than 2 of it hold", too_few),
    Attack("two signatures, one bad", "fewer than 2 of it hold", two_and_one_bad),
    Attack("one signature twice for two", NO_ENVELOPE, the_same_twice),
    # what is signed
    Attack("the nonce changed", "signature: ", payload(predicate(nonce="mine"))),
    Attack("the expiry changed", "signature: ", payload(predicate(expires_at="2096-01-01T00:00:00.000Z"))),
    Attack("the digest changed", "signature: ", payload(verdict(image_digests={"canary": [OTHER_BUILD]}))),
    Attack("the payload laid out anew", "signature: ", payload(lambda _: None)),
    Attack("the payload type changed", "payloadType: wanted", wire(lambda w: w.update(payloadType="application/json"))),
    Attack("another payload type signed", "payloadType: wanted", raw_payload("application/json")),
    Attack("passed off as an attestation", "predicateType: wanted", kind(envelope.ATTESTATION)),
    Attack("passed off as a waiver", "predicateType: wanted", kind(envelope.WAIVER)),
    Attack("passed off as a promotion without GO", "predicateType: wanted", kind(envelope.BREAK_GLASS)),
    Attack("of a later version", "predicateType: wanted", kind(envelope.VERDICT.replace("/v1", "/v2"))),
    Attack("of another kind of statement", "_type: wanted", signed(lambda said: said.update(_type="x"))),
    Attack("a field that no statement has", NO_STATEMENT, signed(lambda said: said.update(approved=True))),
    Attack("no predicate", NO_STATEMENT, signed(lambda said: said.pop("predicate"))),
    Attack("a decision of no gate", "predicate: not a decision", signed(lambda said: said.update(predicate={}))),
    # two ways to read it
    Attack(
        "a key twice in the envelope",
        "appears twice",
        text(lambda raw: b'{"payloadType": "x", ' + raw.lstrip()[1:]),
    ),
    Attack("a key twice in the payload", "appears twice", sealed(lambda p: b'{"predicateType": "x", ' + p[1:])),
    Attack("a field that no envelope has", NO_ENVELOPE, wire(lambda w: w.update(holds=True))),
    Attack("NaN in the payload", "NaN is not JSON", signed(verdict(coverage=float("nan")))),
    Attack("Infinity in the payload", "Infinity is not JSON", signed(verdict(coverage=float("inf")))),
    Attack("a number too large", "is too large", sealed(lambda p: p.replace(b'"coverage": 1.0', b'"coverage": 1e999'))),
    Attack(
        "a number of 5,000 digits",
        NO_STATEMENT,
        sealed(lambda p: p.replace(b'"schema": 1', b'"schema": ' + b"1" * 5_000)),
    ),
    Attack("10^6 lists in each other in the envelope", "deeper than", text(lambda _: b"[" * DEEP)),
    Attack("10^6 lists in each other in the payload", "deeper than", sealed(lambda _: b"[" * DEEP + b"]" * DEEP)),
    Attack(
        "10^6 lists in each other in the predicate",
        "deeper than",
        sealed(lambda p: p.replace(b'"nonce": ', b'"deep": ' + b"[" * DEEP + b"]" * DEEP + b', "nonce": ')),
    ),
    Attack("a byte order mark", NO_ENVELOPE, text(lambda raw: b"\xef\xbb\xbf" + raw)),
    Attack("a byte order mark in the payload", NO_STATEMENT, sealed(lambda p: b"\xef\xbb\xbf" + p)),
    Attack("UTF-16", NO_ENVELOPE, text(lambda raw: raw.decode().encode("utf-16"))),
    Attack("UTF-16 in the payload", NO_STATEMENT, sealed(lambda p: p.decode().encode("utf-16"))),
    Attack("NUL bytes behind it", NO_ENVELOPE, text(lambda raw: raw + b"\0\0")),
    Attack("a second envelope behind it", NO_ENVELOPE, text(lambda raw: raw + raw)),
    Attack(
        "half a character in the payload",
        NO_STATEMENT,
        sealed(lambda p: p.replace(b'"nonce": "', b'"nonce": "\\ud800')),
    ),
    Attack("an envelope cut off", NO_ENVELOPE, text(lambda raw: raw[: len(raw) // 2])),
    Attack("an empty envelope", NO_ENVELOPE, text(lambda _: b"")),
    Attack("a payload that is no base64", NO_ENVELOPE, wire(lambda w: w.update(payload="a"))),
    Attack("a payload that is no text", NO_STATEMENT, sealed(lambda _: b"\xff\xfe\xfd")),
    Attack("an envelope of 65 MiB", "at most", text(lambda raw: raw + b" " * (65 << 20)), exits=4),
    Attack("no envelope at all", "wanted a signed decision", lambda scene: scene.file.unlink(), exits=4),
    Attack(
        "a folder in its place",
        "wanted a signed decision",
        both(lambda scene: scene.file.unlink(), lambda scene: scene.file.mkdir()),
        exits=4,
    ),
]
