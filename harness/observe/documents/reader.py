"""Read the product's metrics documents again and again: what its counters rose by, and which alerts were active."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from harness.evidence import names
from harness.evidence.gaps import Timeline
from harness.evidence.sink import Count
from harness.observe.asks import MANNERS, kind_of
from harness.observe.documents.figures import Document, read, spoilt
from harness.observe.documents.holes import Holes
from harness.observe.documents.seen import DOCUMENTS, DocumentsSeen, Look
from harness.observe.documents.source import Fed, Source
from harness.observe.pods import LARGEST, TIMEOUT_S, PodHttp, Reply, listed, one_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.clock import Clock
    from harness.evidence.sink import Sink
    from harness.judge.answers import Arm
    from harness.observe.logs.api import Container
    from harness.target import Environment, Target

STREAMS: Final = (names.SAVES, names.REPAIRS, names.ALERTS)
NEEDS: Final = {names.SAVES: ("saved", "unsaved"), names.REPAIRS: ("validated", "repaired")}
STALE_S: Final = 60.0  # a document whose own time stands still for longer is an old copy
ADDRESS: Final = "address"  # the one source there is when no pod can be asked
_ALL: Final = "*"  # the line of the list of pods itself


class DocumentReader:
    """Reads every pod's document at once, writes what it rose by, and says of what nothing is known."""

    def __init__(
        self,
        target: Target,
        environment: Environment,
        sink: Sink,
        clock: Clock,
        *,
        arm_of_pod: Callable[[str], Arm | None],
        timeline: Timeline | None = None,
    ) -> None:
        """Read what a profile's `metrics` says; `arm_of_pod` tells which arm a pod belongs to.

        `timeline` is that of the run's windows, so that a run taken up again keeps its time; its own without one.
        """
        self._target, self._environment, self._sink, self._clock = target, environment, sink, clock
        self._arm_of_pod = arm_of_pod
        self._places = target.metrics
        self._timeline = timeline or Timeline(clock, boot="")
        self._holes = Holes(sink)
        self._sources: dict[str, Source] = {}
        self._stamps: dict[str, tuple[float, float]] = {}  # a document's time, and since when it stands there
        self._pods: PodHttp | None = None
        self._session: aiohttp.ClientSession | None = None
        self._began_s = self._at_s = self._timeline.at_s()
        self._looks = 0
        self._listed = False  # whether the pods were ever listed
        self._trouble = ""

    async def __aenter__(self) -> DocumentReader:
        """Open nothing yet: the first look does."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def run(self) -> None:
        """Read until cancelled; what is open then is written, and the connections are closed."""
        try:
            while True:
                began = self._clock.now()
                _ = await self.look()
                await asyncio.sleep(max(0.0, self._places.every_s - (self._clock.now() - began)))
        finally:
            self._holes.end(self._at_s)
            _ = self._note()
            await self.close()

    async def look(self) -> Look:
        """Read every pod once, write it down and return all that is known by now."""
        self._at_s = self._timeline.at_s()
        if self._places.through == "address":
            await self._look_at_address()
        else:
            await self._look_at_pods()
        self._looks += 1
        return self._note()

    async def close(self) -> None:
        """Close the connections; the next look opens new ones."""
        pods, session, self._pods, self._session = self._pods, self._session, None, None
        if pods is not None:
            await pods.__aexit__(None, None, None)
        if session is not None:
            await session.close()

    def seen(self) -> DocumentsSeen:
        """Return all that is known by now."""
        pods = tuple(source.figures() for source in self._sources.values())
        return DocumentsSeen(self._began_s, self._at_s, self._looks, pods, self._trouble)

    def _note(self) -> DocumentsSeen:
        seen = self.seen()
        self._sink.note(DOCUMENTS, msgspec.to_builtins(seen), self._trouble)
        return seen

    async def _look_at_address(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=MANNERS, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        session = self._session
        source = self._sources.setdefault(ADDRESS, Source(ADDRESS, ADDRESS, None, joined=False))

        async def ask(path: str) -> Reply:
            return await fetch(session, self._environment.url + path)

        self._take(source, await self._document(source, ask), self._timeline.at_s(), None)

    async def _look_at_pods(self) -> None:
        found, self._trouble = await self._list()
        pods = self._pods
        if self._trouble or pods is None:
            for stream in STREAMS:
                self._holes.bad(_ALL, stream, self._at_s, self._trouble)
            return
        for stream in STREAMS:
            self._holes.good(_ALL, stream, self._at_s)
        there = {one.uid for one in found}
        for key in [key for key, source in self._sources.items() if key not in there and not source.left]:
            self._sources[key].left = True
            self._holes.gone(key, self._at_s)
        # a pod that never ran has nothing to say; one that ran and is down has
        asked = [one for one in found if one.running or one.uid in self._sources]
        _ = await asyncio.gather(*(self._pod(pods, one) for one in asked))
        self._listed = True

    async def _list(self) -> tuple[list[Container], str]:
        """Return of each pod the container that serves, or none and why."""
        if self._pods is None:
            opened, trouble = await open_pods(self._environment)
            if opened is None:
                return [], trouble
            self._pods = opened
        found, trouble = await listed(self._pods, self._target.logs.selector)
        return one_each(found, self._places.port), trouble

    async def _pod(self, pods: PodHttp, one: Container) -> None:
        source = self._sources.get(one.uid)
        if source is None:
            source = Source(one.uid, one.pod, self._arm_of_pod(one.pod), joined=self._listed)
            self._sources[one.uid] = source
        source.arm = source.arm or self._arm_of_pod(one.pod)

        async def ask(path: str) -> Reply:
            return await pods.ask(one.pod, self._places.port, path)

        document = await self._document(source, ask)
        if one.leaving and document.trouble:
            return  # it is on its way out: once it has gone, nothing of it is missing
        self._take(source, document, self._timeline.at_s(), f"{one.uid}/{one.instance}")

    async def _document(self, source: Source, ask: Callable[[str], Any]) -> Document:
        """Return the document of the first candidate that gives one; the first one's trouble if none does."""
        first: Document | None = None
        for path in sorted(self._places.paths, key=lambda path: path != source.path):
            document = read(await ask(path), self._places)
            if not document.trouble:
                source.path = path
                return self._fresh(source.key, document)
            first = first or document
        return first or spoilt("the profile names no path of a metrics document")

    def _fresh(self, key: str, document: Document) -> Document:
        if document.stamp_s is None:
            return document
        stamp, since = self._stamps.get(key, (None, 0.0))
        if stamp != document.stamp_s:
            self._stamps[key] = (document.stamp_s, self._at_s)
        elif self._at_s - since > STALE_S:
            return spoilt(f"an old copy: its timestamp stands still for {self._at_s - since:.0f} s")
        return document

    def _take(self, source: Source, document: Document, came_s: float, outer: str | None) -> None:
        """Write down what one document tells."""
        source.document = document
        key, at_s = source.key, self._at_s
        if document.trouble:
            for stream in STREAMS:
                self._holes.bad(key, stream, at_s, f"pod {source.name}: {document.trouble}", quiet=document.silent)
            return
        self._alerts(source, document)
        fed = source.feed(document, at_s, came_s, outer)
        if fed.held:
            return  # good or bad shows at the next look; until then the line stays where it is
        for stream in NEEDS:
            self._counted(source, stream, fed)

    def _counted(self, source: Source, stream: str, fed: Fed) -> None:
        """Write what a stream's two counters rose by, or that it can't be told."""
        whole_name, part_name = NEEDS[stream]
        why = next((f"{name}: {fed.troubles[name]}" for name in NEEDS[stream] if name in fed.troubles), "")
        if why:
            self._holes.bad(source.key, stream, self._at_s, f"pod {source.name}: {why}")
        else:
            self._holes.good(source.key, stream, self._at_s, restarted=fed.restarted)
        if fed.alone & {whole_name, part_name}:  # what one of them rose by has no counterpart in the other
            source.drop(whole_name, part_name)
            return
        if why:
            return
        whole, part = source.unsent(whole_name), source.unsent(part_name)
        if stream == names.SAVES:
            whole += part  # the successful ones are counted apart
        part = min(part, whole)  # a repair may be counted a moment before its answer: the rest comes with the next
        source.sent(whole_name, whole - part if stream == names.SAVES else whole)
        source.sent(part_name, part)
        kind = "unsaved" if stream == names.SAVES else "repaired"
        self._sink.count(Count(self._at_s, stream, names.FROM_METRICS, source.arm, whole, {kind: part}))

    def _alerts(self, source: Source, document: Document) -> None:
        if document.alerts is None:
            why = f"pod {source.name}: alerts: {document.no_alerts}"
            self._holes.bad(source.key, names.ALERTS, self._at_s, why)
            return
        self._holes.good(source.key, names.ALERTS, self._at_s)
        self._sink.count(Count(self._at_s, names.ALERTS, "looks", source.arm, 1))
        for name in document.alerts:
            kind = "warning" if name in self._target.alerts.warnings else "page"
            self._sink.count(Count(self._at_s, names.ALERTS, name, source.arm, 1, {kind: 1}))


async def fetch(session: aiohttp.ClientSession, url: str) -> Reply:
    """GET an address; whatever the target or the network does is in the reply."""
    try:
        async with session.get(url, allow_redirects=False) as answer:
            body = await answer.content.read(LARGEST + 1)
            while len(body) <= LARGEST and (piece := await answer.content.read(LARGEST + 1 - len(body))):
                body += piece
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
        kind = kind_of(trouble)
        return Reply(None, "", b"", kind, asked=kind not in {"unknown host", "bad address"})
    if len(body) > LARGEST:
        return Reply(None, answer.content_type, b"", f"an answer of more than {LARGEST >> 20} MiB")
    return Reply(answer.status, answer.content_type, body)


async def open_pods(environment: Environment) -> tuple[PodHttp | None, str]:
    """Return a way to the pods, or None and why there is none."""
    if not environment.context:
        return None, "the pods can't be listed: the profile gives no cluster access"
    wrong: Any = importlib.import_module("kubernetes.config").ConfigException
    try:
        return await PodHttp(environment).__aenter__(), ""
    except (wrong, OSError, ValueError, KeyError, TypeError) as trouble:
        return None, f"the pods can't be listed: the kubeconfig can't be used ({type(trouble).__name__})"
