"""`python -m sandbox.users --url URL --rate R --seed N`: background users until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass

from sandbox.switches import Switches
from sandbox.users.plans import plan, requests_per_session
from sandbox.users.session import Product, Visit
from sandbox.users.wire import Wire

MOST_AT_ONCE = 512  # visits; people who find it full come another day
MOST_PER_S = 600
SPEAK_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """The command line. `rate` is requests per second in all, `think_s` the mean pause between two questions."""

    url: str
    rate: float
    seed: int
    think_s: float


class Crowd:
    """People arriving at random moments, whatever happens to those before them (an open model)."""

    def __init__(self, options: Options) -> None:
        """Seed the arrivals and the plans."""
        self._options = options
        self._random = random.Random(options.seed)  # noqa: S311
        self._visits: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()
        self._trouble = ""
        self._switches = Switches()

    async def run(self, stop: asyncio.Event) -> None:
        """Let people arrive until `stop`, then end every visit."""
        options = self._options
        arrivals_per_s = options.rate / requests_per_session(random.Random(options.seed))  # noqa: S311
        product = Product(options.url, self.counts)
        loop = asyncio.get_running_loop()
        due, speak = loop.time(), loop.time() + SPEAK_EVERY_S
        while not await _within(stop, due - loop.time()):
            due += self._random.expovariate(arrivals_per_s)
            self._arrive(product)
            if loop.time() >= speak:
                speak += SPEAK_EVERY_S
                self._speak()
        for visit in self._visits:
            _ = visit.cancel()
        _ = await asyncio.gather(*self._visits, return_exceptions=True)
        product.close()
        self._speak()

    def _arrive(self, product: Product) -> None:
        planned = plan(self._random, self._options.think_s)
        if len(self._visits) >= MOST_AT_ONCE:
            self.counts["turned away"] += 1
            return
        self.counts["sessions"] += 1
        visit = asyncio.create_task(self._visit(Visit(product, planned, self.counts, self._switches.active)))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _visit(self, visit: Visit) -> None:
        try:
            await visit.run()
        except Exception as error:  # noqa: BLE001  whatever a target does to one, the others come all the same
            self.counts["ended early"] += 1
            self._trouble = f"{type(error).__name__}: {error}"

    def _speak(self) -> None:
        told = " ".join(f"{name.replace(' ', '_')}={count}" for name, count in sorted(self.counts.items()))
        trouble = f" last trouble: {self._trouble}" if self._trouble else ""
        _ = sys.stdout.write(f"users: {told}{trouble}\n")
        _ = sys.stdout.flush()
        self._trouble = ""


async def _within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for `stop` at most so long and tell whether it came."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            return await stop.wait()
    except TimeoutError:
        return False


def _options(argv: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m sandbox.users", description="Background users of the product.")
    _ = parser.add_argument("--url", required=True, help="where users go: the ingress, such as http://127.0.0.1:8000")
    _ = parser.add_argument("--rate", type=float, default=2.0, help="requests per second in all (default 2)")
    _ = parser.add_argument("--seed", type=int, default=1)
    _ = parser.add_argument("--think", type=float, default=0.3, help="mean pause between two questions, in seconds")
    given = parser.parse_args(argv)
    if not 0 < given.rate <= MOST_PER_S:
        parser.error(f"--rate: want above 0 and at most {MOST_PER_S} requests per second, got {given.rate}")
    if given.think < 0:
        parser.error(f"--think: want seconds from 0, got {given.think}")
    try:
        Wire(given.url).close()
    except ValueError as trouble:
        parser.error(f"--{trouble}")
    return Options(given.url.rstrip("/"), given.rate, given.seed, given.think)


async def _run(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Crowd(options).run(stop)


def main() -> None:
    """Run from the command line."""
    asyncio.run(_run(_options()))


if __name__ == "__main__":
    main()
