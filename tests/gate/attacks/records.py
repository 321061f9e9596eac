"""Attacks on what lies in the run's folder, after it was signed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.gate.attacks.attack import Attack, on
from tests.gate.breaking import LAST, ONE, OTHER, copy_result, drop_test, labelled, outcome, raw, result, run
from tests.gate.builder import build, nodeid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.attacks.scene import Scene
    from tests.gate.builder import Folder

Events = list[Any]


def ledger(how: Callable[[Events], Events], *, renumber: bool = False) -> Callable[[Folder], None]:
    """Rewrite the ledger, numbered anew or as it was."""
    return lambda folder: folder.events(how, renumber=renumber)


def without(events: Events) -> Events:
    """Take one report out."""
    return [*events[:5], *events[6:]]


def swapped(events: Events) -> Events:
    """Let two reports change places."""
    return [*events[:5], events[6], events[5], *events[7:]]


def forgiven(events: Events) -> Events:
    """Let a step have taken another while."""
    return [event | {"duration_s": 9.0} if event.get("nodeid") == nodeid(ONE) else event for event in events]


def renamed(folder: Folder) -> None:
    """Give a result another name of the right form."""
    name = folder.result(ONE)
    _ = (folder.path / name).rename(folder.path / "allure-results" / f"{OTHER}-result.json")


def attachment(folder: Folder) -> str:
    """Return the name of what a result has attached."""
    return f"allure-results/{folder.json(folder.result(ONE))['attachments'][0]['source']}"


def written(name: str, content: bytes = b"x") -> Callable[[Folder], object]:
    """Write a file, and the folders that it needs."""

    def do(folder: Folder) -> None:
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _ = path.write_bytes(content)

    return do


def sql(statement: str) -> Callable[[Folder], None]:
    """Change the evidence."""

    def do(folder: Folder) -> None:
        with closing(sqlite3.connect(folder.path / "evidence.db")) as db:
            _ = db.execute(statement)
            db.commit()

    return do


def journal(folder: Folder) -> None:
    """Leave the evidence as it was signed, and a journal beside it that changes it for whoever reads."""
    path, beside = folder.path / "evidence.db", folder.path / "evidence.db-wal"
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as db:
        _ = db.execute("""UPDATE snapshots SET body = '{"uid": "another"}'""")
        db.commit()
        left = beside.read_bytes()
    _ = path.write_bytes(whole)
    _ = beside.write_bytes(left)


def of_another_run(scene: Scene) -> None:
    """Put another run's evidence in the place of this one's."""
    other = build(scene.home / "elsewhere", "canary", target="real")
    _ = shutil.copy(other.path / "evidence.db", scene.folder.path / "evidence.db")


def linked(folder: Folder) -> None:
    """Put a link to the same bytes in the place of a file."""
    path = folder.path / "artifacts" / "picture.png"
    away = folder.path.parent.parent / "picture.png"
    _ = path.rename(away)
    path.symlink_to(away)


def linked_folder(folder: Folder) -> None:
    """Put a link to the same results in the place of their folder."""
    path = folder.path / "allure-results"
    away = folder.path.parent.parent / "allure-results"
    _ = path.rename(away)
    path.symlink_to(away)


RECORDS = [
    Attack("a result's status flipped", "-result.json was changed", on(result(ONE, status="failed"))),
    Attack("a result deleted", "-result.json is missing", on(lambda folder: folder.drop(folder.result(ONE)))),
    Attack("a result duplicated", "-result.json was not there when it was signed", on(copy_result(ONE))),
    Attack("a result edited", "-result.json was changed", on(result(ONE, name="test_that_held"))),
    Attack("a result renamed", f"{OTHER}-result.json was not there", on(renamed)),
    Attack("a result moved to another run", "recomputed: decision", on(result(ONE, labels=labelled(run=OTHER)))),
    Attack("a result muted", "WAIVED", on(result(ONE, statusDetails={"muted": True}))),
    Attack("an attachment edited", "-attachment.txt was changed", on(lambda f: raw(attachment(f), "another log")(f))),
    Attack(
        "an attachment deleted",
        "-attachment.txt is missing",
        on(lambda folder: (folder.path / attachment(folder)).unlink()),
    ),
    Attack("an attachment added", "was not there", on(raw(f"allure-results/{OTHER}-attachment.txt", "x"))),
    Attack("a line taken out of every record", "P2-RTE-02", on(lambda folder: drop_test(folder, ONE))),
    Attack("a ledger line removed", "ledger.jsonl was changed", on(ledger(without))),
    Attack("a ledger line removed, renumbered", "ledger.jsonl was changed", on(ledger(without, renumber=True))),
    Attack("ledger lines reordered", "ledger.jsonl was changed", on(ledger(swapped))),
    Attack("ledger lines reordered, renumbered", "ledger.jsonl was changed", on(ledger(swapped, renumber=True))),
    Attack("a ledger line edited", "ledger.jsonl was changed", on(ledger(forgiven))),
    Attack("a ledger line doubled", "ledger.jsonl was changed", on(ledger(lambda e: [*e, e[-1]]))),
    Attack("the ledger deleted", "ledger.jsonl is missing", on(lambda folder: folder.drop("ledger.jsonl"))),
    Attack("the ledger emptied", "ledger.jsonl was changed", on(raw("ledger.jsonl", ""))),
    Attack("an outcome edited", "outcomes.jsonl was changed", on(outcome(ONE, outcome="VIOLATED"))),
    Attack("an outcome's sentence edited", "outcomes.jsonl was changed", on(outcome(ONE, because="better"))),
    Attack("facts edited", "outcomes.jsonl was changed", on(outcome(ONE, facts={"n": 35_000}))),
    Attack("outcomes reordered", "outcomes.jsonl was changed", on(lambda f: f.outcomes(lambda i: i[::-1]))),
    Attack("an outcome removed", "outcomes.jsonl was changed", on(lambda f: f.outcomes(lambda i: i[1:]))),
    Attack(
        "an outcome of a look-alike line",
        "outcomes.jsonl was changed",
        on(outcome(LAST, line="\N{CYRILLIC CAPITAL LETTER IE}N-02")),
    ),
    Attack(
        "run.json of another build",
        "run.json was changed",
        on(run(image_digests={"canary": ["sha256:" + "0" * 64]})),
    ),
    Attack("run.json of another environment", "run.json was changed", on(run(environment="staging"))),
    Attack("run.json made younger", "run.json was changed", on(run(started="2096-01-01T00:00:00Z"))),
    Attack(
        "a key twice in run.json",
        "run.json was changed",
        on(lambda f: raw("run.json", '{"rehearsal": true, ' + (f.path / "run.json").read_text()[1:])(f)),
    ),
    Attack(
        "the same run.json laid out anew",
        "run.json was changed",
        on(lambda f: raw("run.json", (f.path / "run.json").read_text() + "\n")(f)),
    ),
    Attack("an evidence row changed", "evidence.db was changed", on(sql("UPDATE snapshots SET body = '{}'"))),
    Attack("an evidence row deleted", "evidence.db was changed", on(sql("DELETE FROM plan"))),
    Attack("a change left in the evidence's journal", "evidence.db-wal was not there", on(journal)),
    Attack("evidence of another run", "evidence.db was changed", of_another_run),
    Attack("evidence deleted", "evidence.db is missing", on(lambda folder: folder.drop("evidence.db"))),
    Attack("an extra file", "note.txt was not there", on(written("note.txt"))),
    Attack("a hidden file", ".note was not there", on(written(".note"))),
    Attack("an extra folder", "more/note.txt was not there", on(written("more/note.txt"))),
    Attack("a hidden folder", ".more/.note was not there", on(written(".more/.note"))),
    Attack("an artifact edited", "picture.png was changed", on(written("artifacts/picture.png", b"another"))),
    Attack("an artifact deleted", "picture.png is missing", on(lambda f: f.drop("artifacts/picture.png"))),
    Attack("an artifact added", "later.png was not there", on(written("artifacts/later.png"))),
    Attack("a log edited", "collector.log was changed", on(written("collector.log", b"all went well\n"))),
    Attack(
        "what Allure shows of the environment edited",
        "environment.properties was changed",
        on(written("allure-results/environment.properties", b"environment=production\n")),
    ),
    Attack("a profile put beside the run", "target.json was not there", on(written("target.json", b"{}"))),
    Attack("a link to the same bytes", "picture.png is missing", on(linked)),
    Attack("a link to the same results", "-result.json is missing", on(linked_folder)),
    Attack("a pipe", "EXTRA_FILE", on(lambda folder: os.mkfifo(folder.path / "artifacts" / "pipe"))),
    Attack(
        "a name that speaks for the gate",
        "has a name that no run gives",
        on(written("artifacts/\x1b[2J\rverdict.intoto.json: holds\nx.png")),
    ),
]
