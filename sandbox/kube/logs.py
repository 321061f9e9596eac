"""Container logs in CRI format, served as the kubelet serves them: sliced, followed, never held in memory whole."""

from __future__ import annotations

import asyncio
import datetime
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from sandbox.kube import codec
from sandbox.kube.reading import part, rows
from sandbox.kube.status import Cause, bad_request, invalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from sandbox.kube.store import Obj, Store

CHUNK = 64 * 1024
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What part of a log is wanted; `since` is a CRI timestamp, empty for all."""

    container: str
    follow: bool
    previous: bool
    timestamps: bool
    since: bytes
    tail: int | None
    limit: int | None


def options(query: Mapping[str, str], pod: Obj, now: datetime.datetime) -> LogOptions:
    """Read and check the query of a log request; 400 or 422 as Kubernetes answers."""
    tail, limit = codec.whole(query, "tailLines"), codec.whole(query, "limitBytes")
    causes: list[Cause] = []
    if tail is not None and tail < 0:
        causes.append(Cause("tailLines", f"Invalid value: {tail}: must be greater than or equal to 0"))
    if limit is not None and limit < 1:
        causes.append(Cause("limitBytes", f"Invalid value: {limit}: must be greater than 0"))
    seconds, moment = codec.whole(query, "sinceSeconds"), query.get("sinceTime", "")
    if seconds is not None and moment:
        why = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        causes.append(Cause("sinceTime", why, "FieldValueForbidden"))
    if seconds is not None and seconds < 1:
        causes.append(Cause("sinceSeconds", f"Invalid value: {seconds}: must be greater than 0"))
    if causes:
        raise invalid("PodLogOptions", "", "", causes)
    return LogOptions(
        container=_container(query.get("container", ""), pod),
        follow=codec.truth(query, "follow"),
        previous=codec.truth(query, "previous"),
        timestamps=codec.truth(query, "timestamps"),
        since=_since(seconds, moment, now),
        tail=tail,
        limit=limit,
    )


def _container(asked: str, pod: Obj) -> str:
    name = pod["metadata"]["name"]
    names = [row["name"] for row in rows(pod, "spec", "containers")]
    if asked and asked not in names:
        raise bad_request(f"container {asked} is not valid for pod {name}")
    if not asked and len(names) != 1:
        choices = " ".join(names)
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{choices}]")
    return asked or names[0]


def _since(seconds: int | None, moment: str, now: datetime.datetime) -> bytes:
    if seconds is not None:
        return _stamp(now - datetime.timedelta(seconds=seconds), "")
    if not moment:
        return b""
    match = re.fullmatch(r"(.+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", moment)
    try:
        parsed = datetime.datetime.fromisoformat(match.group(1) + match.group(3)) if match else None
    except ValueError:
        parsed = None
    if match is None or parsed is None:
        raise bad_request(f'parsing time "{moment}" as "2006-01-02T15:04:05Z07:00": cannot parse')
    return _stamp(parsed.astimezone(datetime.UTC), match.group(2) or "0")


def _stamp(moment: datetime.datetime, fraction: str) -> bytes:
    digits = (fraction or f"{moment.microsecond:06d}").ljust(9, "0")[:9]
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{digits}Z".encode()


def path_of(logs: Path, pod: Obj, wanted: LogOptions) -> Path:
    """Return the file of the container instance that is asked for; 400 when there is none to show."""
    meta = pod["metadata"]
    state = _status(pod, wanted.container)
    count = state.get("restartCount", 0) - (1 if wanted.previous else 0)
    folder = logs / f"{meta['namespace']}_{meta['name']}_{meta['uid']}" / wanted.container
    path = folder / f"{count}.log"
    if wanted.previous and (count < 0 or not path.exists()):
        raise bad_request(f'previous terminated container "{wanted.container}" in pod "{meta["name"]}" not found')
    waiting: Obj = part(state, "state", "waiting")
    if not path.exists() and not part(state, "state").get("running"):
        reason = waiting.get("reason") or "ContainerCreating"
        why = "trying and failing to pull image" if "Image" in reason else f"waiting to start: {reason}"
        raise bad_request(f'container "{wanted.container}" in pod "{meta["name"]}" is {why}')
    return path


def _status(pod: Obj, container: str) -> Obj:
    states = rows(pod, "status", "containerStatuses")
    nothing: Obj = {}
    return next((state for state in states if state.get("name") == container), nothing)


def ended(store: Store, pod: Obj, container: str) -> Callable[[], bool]:
    """Return a question: has this instance of the container ended? (The pod may live on in the next one.)"""
    meta = pod["metadata"]
    instance = _status(pod, container).get("restartCount", 0)

    def ask() -> bool:
        held = store.peek("pods", meta["namespace"], meta["name"])
        if held is None or held["metadata"]["uid"] != meta["uid"]:
            return True
        state = _status(held, container)
        current: Obj = part(state, "state")
        return state.get("restartCount", 0) > instance or "terminated" in current

    return ask


async def stream(path: Path, wanted: LogOptions, over: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield the wanted part of a log file; when following, until the container is over and all is said."""
    left = wanted.limit
    async for lines in _chunks(path, wanted, over):
        text = render(lines, wanted)
        if left is not None:
            text = text[:left]
            left -= len(text)
        if text:
            yield text
        if left == 0:
            return


async def _chunks(path: Path, wanted: LogOptions, over: Callable[[], bool]) -> AsyncIterator[list[bytes]]:
    """Yield whole lines in bunches, across rotation and truncation of the file."""
    file = _open(path)
    if file is not None:
        _ = file.seek(_start(file, wanted))
    rest = b""
    try:
        while True:
            last = over() or not wanted.follow  # asked before reading: what it wrote before its end is read
            while file is not None and (data := file.read(CHUNK)):
                *lines, rest = (rest + data).split(b"\n")
                yield lines
                await asyncio.sleep(0)
            if file is None or _replaced(file, path):
                rest = b""
                file = _reopen(file, path)
                if file is not None:
                    continue
            if last:
                if rest:
                    yield [rest]
                return
            await asyncio.sleep(POLL_S)
    finally:
        if file is not None:
            file.close()


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _reopen(file: BinaryIO | None, path: Path) -> BinaryIO | None:
    if file is not None:
        file.close()
    return _open(path)


def _replaced(file: BinaryIO, path: Path) -> bool:
    """Tell whether the path is another file by now (rotated), or the same one cut short."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False  # between the two steps of a rotation, or gone for good
    here = os.fstat(file.fileno())
    return (there.st_ino, there.st_dev) != (here.st_ino, here.st_dev) or there.st_size < file.tell()


def _start(file: BinaryIO, wanted: LogOptions) -> int:
    """Return the offset of the first wanted line."""
    size = os.fstat(file.fileno()).st_size
    start = _first_since(file, size, wanted.since) if wanted.since else 0
    return start if wanted.tail is None else max(start, _tail(file, size, wanted.tail))


def _first_since(file: BinaryIO, size: int, since: bytes) -> int:
    """Find by bisection the first line not older than a timestamp: lines are in order of time."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        start, line = _line_at(file, middle)
        if not line or line[: len(since)] >= since:
            high = middle
        else:
            low = start + len(line)
    return _line_at(file, low)[0]


def _line_at(file: BinaryIO, offset: int) -> tuple[int, bytes]:
    """Return the first line that begins at or after an offset."""
    _ = file.seek(max(offset - 1, 0))
    if offset:
        _ = file.readline()
    start = file.tell()
    return start, file.readline()


def _tail(file: BinaryIO, size: int, lines: int) -> int:
    """Return where the last n lines begin, reading backwards."""
    at, seen = size, 0
    if lines == 0:
        return size
    first = True
    while at > 0:
        step = min(CHUNK, at)
        at -= step
        _ = file.seek(at)
        block = file.read(step)
        end = len(block) - 1 if first and block.endswith(b"\n") else len(block)
        first = False
        while (end := block.rfind(b"\n", 0, end)) >= 0:
            seen += 1
            if seen == lines:
                return at + end + 1
    return 0


def render(lines: list[bytes], wanted: LogOptions) -> bytes:
    """Turn CRI lines into the text a client gets; a partial line (P) gets no line end."""
    out: list[bytes] = []
    for line in lines:
        stamp, _, rest = line.partition(b" ")
        _, _, rest = rest.partition(b" ")
        tag, _, text = rest.partition(b" ")
        if stamp < wanted.since or not tag:
            continue
        if wanted.timestamps:
            out += (stamp, b" ")
        out.append(text)
        if tag[:1] != b"P":
            out.append(b"\n")
    return b"".join(out)
