"""What the rollout's checklist and the escalation read beside the product: roster, dashboards, change log, receipts.

Read once by the collector, so that tests only read evidence; what could not be read is kept with the reason.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import msgspec

from harness.errors import HarnessError
from harness.judge.checklist import Captured, ChangeLog, Receipt, Receipts
from harness.observe import dashboards
from harness.observe.asks import MANNERS, kind_of
from harness.observe.collector.ending import in_background

if TYPE_CHECKING:
    import datetime

    from harness.clock import Clock
    from harness.evidence.store import Writer
    from harness.target import Environment, Monitor, Target

ROSTER = "checklist/roster"
CHANGELOG = "checklist/changelog"
RECEIPTS = "checklist/receipts"
DASHBOARDS = "checklist/dashboards"
RIGHTS = "checklist/rights"

FOLDER = "dashboards"  # under artifacts/
TIMEOUT_S = 10.0
MOST_BYTES = 4_000_000
SECOND_LOOK_S = 15.0
ENDINGS = {"json": "json", "text": "txt", "page": "html"}


@dataclass(frozen=True, slots=True)
class Got:
    """An answer: its body, when the server says it was changed, and why there is none."""

    body: bytes = b""
    modified: str = ""
    trouble: str = ""


def address(text: str, target: Target, environment: Environment | None = None) -> str:
    """Fill in `{around}`, `{version}` and `{url}`."""
    build = target.builds.get("canary")
    filled = text.replace("{around}", target.around.rstrip("/")).replace("{version}", build.version if build else "")
    return filled.replace("{url}", environment.url.rstrip("/") if environment else "")


def shown(url: str) -> str:
    """Return an address without what may be secret in it: user, password and query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}" if parts.scheme else url


def _at(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


async def get(url: str) -> Got:
    """Ask for an address once; an answer other than 200, or too long a one, is trouble."""
    try:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        headers = {**MANNERS, "Accept": "*/*"}
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
            session.get(url, allow_redirects=False) as answer,  # a login page is no dashboard
        ):
            body = b""
            while len(body) <= MOST_BYTES and (more := await answer.content.read(MOST_BYTES)):
                body += more
            status, modified = answer.status, answer.headers.get("Last-Modified", "")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
        return Got(trouble=f"{shown(url)}: {kind_of(trouble)}")
    if status != 200:
        return Got(trouble=f"{shown(url)}: HTTP {status}")
    if len(body) > MOST_BYTES:
        return Got(trouble=f"{shown(url)}: longer than {MOST_BYTES} bytes")
    return Got(body, modified)


async def roster(target: Target) -> tuple[dict[str, str], str]:
    """Return who is on call by level, and why nobody knows, "" if somebody does."""
    got = await get(address(target.checklist.roster, target))
    if got.trouble:
        return {}, got.trouble
    try:
        found = msgspec.json.decode(got.body, type=dict[str, str | None])
    except (msgspec.DecodeError, msgspec.ValidationError) as trouble:
        return {}, f"{shown(address(target.checklist.roster, target))}: no roster of levels and names: {trouble}"
    named = {level: name.strip() for level, name in found.items() if name and name.strip()}
    return named, "" if named else f"{shown(address(target.checklist.roster, target))}: the roster names nobody"


async def changelog(target: Target) -> ChangeLog:
    """Return the product's change log, from a file or an address."""
    where = address(target.checklist.changelog, target)
    if not where:
        return ChangeLog(trouble="the profile names no checklist.changelog")
    if "://" not in where:
        return await in_background(lambda: _file(Path(where)))
    got = await get(where)
    if got.trouble:
        return ChangeLog(where=shown(where), trouble=got.trouble)
    return _text(got.body, shown(where))


def _file(path: Path) -> ChangeLog:
    try:
        return _text(path.read_bytes()[:MOST_BYTES], str(path))
    except OSError as trouble:
        return ChangeLog(where=str(path), trouble=f"{path}: {trouble.strerror or trouble}")


def _text(body: bytes, where: str) -> ChangeLog:
    text = body.decode("utf-8", errors="replace")
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        return ChangeLog(where=where, trouble=f"{where}: a web page, wanted Markdown; name the file itself")
    return ChangeLog(text, where)


async def receipts(target: Target, clock: Clock) -> Receipts:
    """Return the delivered notifications."""
    where = address(target.checklist.receipts, target)
    if not where:
        return Receipts(trouble="the profile names no checklist.receipts")
    got, now = await get(where), _at(clock.wall())
    if got.trouble:
        return Receipts(read_at=now, trouble=got.trouble)
    try:
        return Receipts(msgspec.json.decode(got.body, type=tuple[Receipt, ...]), now)
    except (msgspec.DecodeError, msgspec.ValidationError) as trouble:
        return Receipts(read_at=now, trouble=f"{shown(where)}: no list of receipts: {trouble}")


def rights(environment: Environment) -> dict[str, bool]:
    """Return by "verb resource" whether who acts may do what a rollback needs; HarnessError where nobody can tell."""
    from harness.act.kube import Kube  # noqa: PLC0415  the official client takes half a second
    from harness.target import GatewayRouting  # noqa: PLC0415

    kube = Kube(environment)
    routed = "httproutes" if isinstance(environment.routing, GatewayRouting) else "ingresses"
    return {f"patch {resource}": kube.may("patch", resource) for resource in ("deployments", routed)}


async def gather(target: Target, environment: Environment, run: Path, writer: Writer, clock: Clock) -> None:
    """Read all of it and keep it: change log, receipts and dashboards with their own troubles, rights with theirs."""
    writer.snapshot(CHANGELOG, await changelog(target))
    writer.snapshot(RECEIPTS, await receipts(target, clock))
    writer.snapshot(DASHBOARDS, {"dashboards": await captured(target, environment, run, clock)})
    try:
        writer.snapshot(RIGHTS, await in_background(lambda: rights(environment)))
    except (HarnessError, OSError) as trouble:
        writer.snapshot(RIGHTS, {}, str(trouble))


async def captured(target: Target, environment: Environment, run: Path, clock: Clock) -> list[Captured]:
    """Fetch every monitor of an environment and keep each answer as a file of the run, with its sha256."""
    folder = run / "artifacts" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    fetched = (_capture(one, address(one.url, target, environment), clock) for one in environment.monitors)
    kept: list[Captured] = []
    for number, (one, (got, captured)) in enumerate(
        zip(environment.monitors, await asyncio.gather(*fetched), strict=True), start=1
    ):
        if got.trouble:
            kept.append(captured)
            continue
        slug = "".join(letter if letter.isalnum() else "-" for letter in one.name.lower())
        name = f"{number:02}-{slug}.{ENDINGS[one.kind]}"
        _ = (folder / name).write_bytes(got.body)
        digest = hashlib.sha256(got.body).hexdigest()
        found = asdict(captured) | {"file": f"artifacts/{FOLDER}/{name}", "sha256": digest, "size": len(got.body)}
        kept.append(msgspec.convert(found, Captured))
    return kept


async def _capture(monitor: Monitor, url: str, clock: Clock) -> tuple[Got, Captured]:
    got, now = await get(url), clock.wall()
    at = _at(now)
    if got.trouble:
        return got, Captured(monitor.name, fetched_at=at, trouble=got.trouble)
    said = dashboards.read(monitor, got.body, got.modified, now)
    if said.trouble or said.age_s is not None:
        return got, Captured(
            monitor.name,
            fetched_at=at,
            age_s=said.age_s,
            aged_by=said.aged_by,
            missing=said.missing,
            trouble=said.trouble,
        )
    await asyncio.sleep(min(SECOND_LOOK_S, monitor.every_s * 1.5))
    again = await get(url)
    moved = not again.trouble and again.body != got.body
    aged = (0.0, "it changed between two looks") if moved else (None, "")
    return got, Captured(monitor.name, fetched_at=at, age_s=aged[0], aged_by=aged[1], missing=said.missing)
