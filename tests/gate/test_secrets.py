"""What a run meets and must not keep: tokens, cookies, kubeconfigs, Secrets, addresses of webhooks, masked parameters.

They are planted where a run meets them, then every file of what it leaves is searched, archives and databases too, for
each of them as it is, URL-encoded, in hexadecimal and in base64. A search that finds nothing is only worth something if
the run did meet them and if it would find them; both are shown.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from tests.plugin.project import Project
from tests.running import ROOT, Running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.xdist_group("sessions")

HOOK = "/hook/"
HOOK_ENV, OTHER_ENV = "PLANTED_WEBHOOK", "PLANTED_PASSWORD"
HOP = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive"})
USERS = 40
WITHIN_S = 240.0

SECRET = """
apiVersion: v1
kind: Secret
metadata: {{name: planted}}
data: {{password: {}}}
"""


def forms(secret: str) -> set[bytes]:
    """Return how a secret can stand in a file."""
    raw = secret.encode()
    found = {raw, quote(secret, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode()}
    for before, first in ((0, 0), (1, 2), (2, 3)):  # of three bytes; characters that what precedes has a part in
        coded = base64.b64encode(b"\0" * before + raw)[first : (before + len(raw)) * 8 // 6]
        found |= {coded, coded.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give all that a folder holds: names, files, members of archives, rows of databases."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        yield name, name.encode()
        if not path.is_file():
            continue
        raw = path.read_bytes()
        yield name, raw
        if raw.startswith(b"\x1f\x8b"):
            yield name, gzip.decompress(raw)
        if raw.startswith(b"SQLite format 3\0"):
            yield from _rows(path, name)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as held:
                yield from ((f"{name}: {inner}", held.read(inner)) for inner in held.namelist())


def _rows(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        tables = [str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            values = [value for row in db.execute(f'SELECT * FROM "{table}"') for value in row]
            texts = [value if isinstance(value, bytes) else str(value).encode() for value in values]
            yield f"{name}: {table}", b"\n".join(texts)


def leaks(folder: Path, planted: Mapping[str, str]) -> list[str]:
    """Say which secret stands where; nothing if none does."""
    known = [(name, form) for name, secret in planted.items() for form in forms(secret)]
    return sorted({f"{name} in {where}" for where, raw in contents(folder) for name, form in known if form in raw})


@dataclass
class Door:
    """A door in front of the product: passes on what comes, gives each visitor a cookie, keeps what it was shown."""

    behind: str
    cookie: str
    shown: set[str] = field(default_factory=set[str])
    given: int = 0
    url: str = ""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="door", daemon=True)
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(timeout=10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)  # pyright: ignore[reportUnusedCallResult]
        self._thread.join(timeout=10)
        self._loop.close()

    async def _open(self) -> str:
        self._session = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())
        app = web.Application()
        _ = app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _close(self) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _pass(self, request: web.Request) -> web.Response:
        self.shown.add(request.headers.get("Authorization", ""))
        if request.path.startswith(HOOK):
            self.shown.add(request.path)
            return web.Response(status=500, text="not today")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        async with self._session.request(
            request.method, f"{self.behind}{request.path_qs}", headers=headers, data=await request.read()
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
            made = web.Response(status=answer.status, headers=kept, body=await answer.read())
        made.headers["Set-Cookie"] = f"session={self.cookie}; Path=/"
        self.given += 1
        return made


@dataclass(frozen=True)
class Met:
    """A run that met the secrets, and all that its commands printed."""

    reports: Path
    planted: Mapping[str, str]
    printed: str
    door: Door


def _kubeconfigs(running: Running) -> dict[str, str]:
    """Return what stands in the sandbox's kubeconfigs: tokens, and the authority's certificate."""
    found: dict[str, str] = {}
    for role, path in running.said.kubeconfigs.items():
        held = json.loads(Path(path).read_text())
        found |= {f"{role}'s token for {user['name']}": user["user"]["token"] for user in held["users"]}
        found["the certificate in a kubeconfig"] = held["clusters"][0]["cluster"]["certificate-authority-data"]
    return found


def _target(running: Running, door: Door, tokens: Path, file: Path) -> Path:
    """Write a profile that goes through the door, with tokens of our own, and watches for ten seconds."""
    said = running.said
    text = said.target.read_text()
    for old, new in (
        (f'"{said.staging_url}"', f'"{door.url}"'),
        (str(said.state / "tokens"), str(tokens)),
        ("for_s = 50.0", "for_s = 10.0"),
        ("requests_per_s = 130.0", "requests_per_s = 30.0"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    _ = file.write_text(f'{text}\n[notify]\nurl_env = "{HOOK_ENV}"\n')
    return file


def _run(words: list[str], env: Mapping[str, str]) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        words, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    """The smallest whole run: staging, watched for ten seconds, and decided."""
    home = tmp_path_factory.mktemp("secrets")
    names = ("bearer token", "cookie", "Secret's value", "Deployment's env value", "webhook", "password of the session")
    bearer, cookie, secret, env, hook, password = (secrets.token_hex(20) for _ in names)
    with (
        Running(tmp_path_factory.mktemp("sandbox"), "--users", "5") as running,
        Door(running.said.staging_url, cookie) as door,
    ):
        _ = (home / "secret.yaml").write_text(SECRET.format(base64.b64encode(secret.encode()).decode()))
        _ = running.kubectl("apply", "-f", str(home / "secret.yaml"))
        _ = running.kubectl("set", "env", "deployment/onesource-canary", f"PLANTED={env}")  # it sleeps: nothing rolls
        tokens = home / "tokens"
        _ = tokens.write_text("".join(f"test-{bearer}-{number}\n" for number in range(USERS)))
        target, reports = _target(running, door, tokens, home / "target.toml"), home / "reports"
        planted = dict(zip(names, (bearer, cookie, secret, env, hook, password), strict=True)) | _kubeconfigs(running)
        environ = {HOOK_ENV: f"{door.url}{HOOK}{hook}", OTHER_ENV: password}
        gate = str(Path(sys.executable).with_name("gate"))
        words = [gate, "run", "staging", "--checklist", "--reports", str(reports)]  # it keeps what pytest printed, too
        printed = _run([*words, f"--target={target}", "-q", "-p", "no:cacheprovider"], environ)
        yield Met(reports, planted, printed, door)


def test_the_run_met_what_it_must_not_keep(met: Met) -> None:
    latest = met.reports / "latest"
    assert (latest / "outcomes.jsonl").read_text().count("\n") > 10, met.printed
    assert (latest / "verdict.json").is_file(), met.printed
    assert "passed" in (latest / "artifacts" / "pytest.log").read_text(), met.printed
    assert any(met.planted["bearer token"] in shown for shown in met.door.shown)
    assert met.door.given > 100
    with contextlib.closing(sqlite3.connect(f"{(latest / 'evidence.db').resolve().as_uri()}?mode=ro", uri=True)) as db:
        bodies = [str(row[0]) for row in db.execute("SELECT body FROM snapshots WHERE name = 'cluster/staging'")]
    assert any('"PLANTED"' in body for body in bodies), "the collector did not see the Deployment's env"


def test_no_file_of_the_run_holds_any_of_it(met: Met) -> None:
    assert leaks(met.reports, met.planted) == []


def test_nor_was_any_of_it_printed(met: Met) -> None:
    text = met.printed.encode()
    assert [name for name, secret in met.planted.items() if any(form in text for form in forms(secret))] == []


MASKED = """
import allure, os
allure.dynamic.parameter("token", os.environ["PLANTED"], mode=allure.parameter_mode.MASKED)
allure.dynamic.parameter("cookie", os.environ["PLANTED"], mode=allure.parameter_mode.HIDDEN)
allure.dynamic.parameter("size", "kept-in-sight")
decide(met("good"))
""".strip()


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "a worker"])
def test_a_masked_parameter_is_masked_on_the_disk_too(options: tuple[str, ...], tmp_path: Path) -> None:
    secret = secrets.token_hex(20)
    project = Project(tmp_path)
    project.suite(MASKED)
    done = project.run("-m", "canary", *options, PLANTED=secret)
    assert done.code == 0, done.text
    held = {parameter["name"]: parameter for parameter in done.allure["P2-RTE-01"]["parameters"]}
    assert {"token", "cookie"} <= held.keys()
    assert held["size"]["value"] == "'kept-in-sight'"
    assert leaks(tmp_path / "reports", {"masked parameter": secret}) == []


@pytest.mark.parametrize("secret", ["s3cr/t+t?ken&of=all", "0123456789abcdef0123"])
def test_the_search_finds_what_is_there(secret: str, tmp_path: Path) -> None:
    raw = secret.encode()
    for number in range(3):
        _ = (tmp_path / f"base64-{number}").write_bytes(base64.b64encode(b"x" * number + raw + b"after it"))
        _ = (tmp_path / f"url-{number}").write_bytes(base64.urlsafe_b64encode(b"?" * number + raw))
    _ = (tmp_path / "quoted").write_text(f"https://here/?token={quote(secret, safe='')}")
    _ = (tmp_path / "hex").write_text(raw.hex())
    _ = (tmp_path / "log.gz").write_bytes(gzip.compress(raw))
    with zipfile.ZipFile(tmp_path / "trace.zip", "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("network", b" " * 9_999 + raw)
    with contextlib.closing(sqlite3.connect(tmp_path / "evidence.db")) as db:
        _ = db.execute("CREATE TABLE snapshots (body TEXT)")
        _ = db.execute("INSERT INTO snapshots VALUES (?)", ("x" * 9_000 + secret + "x" * 9_000,))
        db.commit()
    there = {path.name for path in tmp_path.iterdir()}
    assert {said.removeprefix("it in ").partition(":")[0] for said in leaks(tmp_path, {"it": secret})} == there
    assert leaks(tmp_path, {"it": "something else"}) == []
