"""Counters subtracted scrape by scrape: what is counted, what is lost, and what is not believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.evidence import names
from harness.observe.prometheus.holes import Hole, joined
from harness.observe.prometheus.instances import Instances
from harness.observe.prometheus.naming import Naming, picked
from harness.observe.prometheus.rises import Counting
from harness.observe.prometheus.scrapes import Scrape
from tests.unit.prometheus.recording import CHAT, ENHANCED, STABLE, arm_of, total

if TYPE_CHECKING:
    from harness.evidence.sink import Count

OF = (names.PROMETHEUS, "chat", "stable")


def key(name: str, **labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"__name__": name, "job": "j", "instance": "a", **labels}.items()))


def asked(status: str = "200", path: str = CHAT, **labels: str) -> tuple[tuple[str, str], ...]:
    return key("http_requests_total", status=status, path=path, version=STABLE, **labels)


START = key("process_start_time_seconds")


@dataclass
class Watch:
    """Instances watched from second 100 on; stale after 30 s."""

    chosen: bool = True
    counts: list[Count] = field(default_factory=list["Count"])
    holes: list[Hole] = field(default_factory=list[Hole])

    def __post_init__(self) -> None:
        counting = Counting(Naming(), {CHAT: "chat", ENHANCED: "enhanced"}, arm_of)
        self.instances = Instances(100.0, 30.0, Naming(), counting, chosen=self.chosen)

    def take(self, at_s: float, values: dict[tuple[tuple[str, str], ...], float], instance: str = "a") -> Watch:
        found = self.instances.take([Scrape(("j", instance), at_s, values)])
        self.counts += found.counts
        self.holes += found.holes
        return self

    def whys(self, stream: str = names.PROMETHEUS) -> str:
        return " | ".join(hole.why for hole in self.holes if hole.stream == stream)


def test_the_first_failure_ever_counts_from_zero() -> None:
    watch = Watch().take(95, {asked(): 10, START: 1}).take(110, {asked(): 12, asked("500"): 3, START: 1})
    assert total(watch.counts)[OF] == (5, {"5xx": 3})
    assert not watch.holes


def test_a_metric_that_an_old_process_shows_for_the_first_time_is_not_believed() -> None:
    watch = Watch().take(95, {START: 1}).take(110, {asked(): 1_000_000, START: 1}).take(125, {asked(): 1_000_002})
    assert total(watch.counts)[OF] == (2, {})
    assert "new here, what it counted before is unknown" in watch.whys()


def test_a_restart_between_two_scrapes_shows_though_no_value_fell() -> None:
    watch = Watch().take(95, {asked(): 10, START: 1}).take(110, {asked(): 30, START: 104})
    assert total(watch.counts)[OF] == (30, {})
    assert [(hole.from_s, hole.to_s) for hole in watch.holes if hole.stream == names.PROMETHEUS] == [(100, 104)]


def test_a_start_time_that_wavers_by_a_second_is_the_same_process() -> None:
    watch = Watch().take(95, {asked(): 10, START: 50}).take(110, {asked(): 12, START: 50.9})
    assert (total(watch.counts)[OF], watch.holes) == ((2, {}), [])


def test_another_pod_at_the_same_address_is_another_process() -> None:
    watch = Watch().take(95, {asked(pod="x"): 10}).take(110, {asked(pod="y"): 4}).take(125, {asked(pod="y"): 5})
    assert total(watch.counts)[OF] == (5, {})
    assert "restarted" in watch.whys()


def test_two_processes_that_take_turns_are_found_out() -> None:
    watch = (
        Watch()
        .take(95, {asked(): 10, START: 50})
        .take(110, {asked(): 4, START: 20})
        .take(125, {asked(): 11, START: 50})
    )
    assert "several processes answer under this name" in watch.whys()


def test_a_counter_that_falls_without_a_restart_is_never_believed_again() -> None:
    watch = Watch().take(95, {asked(): 10, START: 1})
    for at_s, value in ((110.0, 8), (125.0, 20), (140.0, 30)):
        _ = watch.take(at_s, {asked(): value, START: 1})
    assert not watch.counts
    assert [hole.to_s for hole in joined(watch.holes) if hole.stream == names.PROMETHEUS] == [140]


def test_a_process_younger_than_the_watch_counts_whole_and_an_older_one_leaves_a_gap() -> None:
    young = Watch().take(120, {asked(): 7, START: 105})
    assert (total(young.counts)[OF], young.holes) == ((7, {}), [])
    old = Watch().take(120, {asked(): 7, START: 90})
    assert not old.counts
    assert "older than this watch" in old.whys()
    ageless = Watch().take(150, {asked(): 7})
    assert "process_start_time_seconds is missing" in ageless.whys()


def test_a_series_that_goes_away_takes_its_metric_with_it() -> None:
    both = {asked(): 10.0, asked("404"): 5.0, START: 1.0}
    watch = Watch().take(95, both).take(110, {asked(): 12, START: 1})
    assert not watch.counts
    assert "no longer there" in watch.whys()


def test_a_status_that_is_missing_is_no_success() -> None:
    watch = Watch().take(95, {asked(""): 1, START: 1}).take(110, {asked(""): 2, START: 1})
    assert not watch.counts
    assert "wanted a status in the label status" in watch.whys()


def test_saves_without_the_failed_ones_are_not_counted() -> None:
    saved, failed = key("history_persist_success_total"), key("history_persist_errors_total")
    watch = Watch().take(95, {saved: 1}).take(110, {saved: 5})
    assert not watch.counts
    watch = Watch().take(95, {saved: 1, failed: 0}).take(110, {saved: 5, failed: 1})
    assert total(watch.counts)[names.SAVES, names.FROM_PROMETHEUS, None] == (5, {"unsaved": 1})


def test_buckets_that_contradict_each_other_are_no_counts() -> None:
    def bucket(edge: str) -> tuple[tuple[str, str], ...]:
        return key("http_request_duration_seconds_bucket", le=edge, path=CHAT, version=STABLE)

    watch = Watch().take(95, {bucket("1.5"): 0, bucket("1.6"): 0, bucket("+Inf"): 0})
    _ = watch.take(110, {bucket("1.5"): 5, bucket("1.6"): 4, bucket("+Inf"): 9})
    assert not watch.counts
    assert "rose by more than a wider one" in watch.whys("prometheus-over-1.5")
    assert not watch.whys(), "the requests are another metric"
    lacks = Watch().take(95, {bucket("1.5"): 0}).take(110, {bucket("1.5"): 5})
    assert "and +Inf" in lacks.whys("prometheus-over-1.6")


def test_a_stranger_that_is_down_concerns_nobody_unless_the_selector_picks_it() -> None:
    assert not Watch(chosen=False).take(110, {key("up"): 0}).holes
    assert "up is 0" in Watch(chosen=True).take(110, {key("up"): 0}).whys()


def test_one_silent_target_is_gone_and_all_silent_are_stale() -> None:
    watch = (
        Watch().take(95, {asked(): 1}).take(110, {asked(): 1}).take(110, {asked(): 1}, "b").take(150, {asked(): 1}, "b")
    )
    gone = [hole for hole in watch.instances.missing(155) if hole.stream == names.PROMETHEUS]
    assert [(hole.from_s, hole.to_s, hole.why) for hole in gone] == [
        (110, 125, "j/a: no longer scraped; what it counted after its last scrape is lost")
    ]
    stale = [hole for hole in watch.instances.missing(200) if hole.stream == names.PROMETHEUS]
    assert [(hole.from_s, hole.to_s) for hole in stale] == [(150, 200)]


def test_a_selector_joins_the_name_and_commas_are_forgiven() -> None:
    assert picked(("up",), ' app="x", ') == '{__name__="up",app="x"}'
    assert picked(("up", "x"), "") == '{__name__=~"up|x"}'


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5), st.booleans(), st.booleans()), min_size=1, max_size=30),
    st.integers(0, 3),
)
def test_whatever_is_read_again_and_whenever_it_restarts_all_that_was_scraped_is_counted_once(
    steps: list[tuple[int, int, bool, bool]], back: int
) -> None:
    """Each step: answers, failures, whether the process restarts just after a scrape, whether this one is read."""
    good, bad, started, at_s = 100, 0, 1.0, 95.0
    history = [Scrape(("j", "a"), at_s, {asked(): good, START: started})]
    watch, n, failed, unread = Watch(), 0, 0, 0
    _ = watch.instances.take(history)
    for more, wrong, restarts, read in steps:
        at_s += 15
        if restarts:
            good, bad, started = 0, 0, at_s - 5
        good, bad, n, failed = good + more, bad + wrong, n + more + wrong, failed + wrong
        values: dict[tuple[tuple[str, str], ...], float] = {asked(): good, START: started}
        history.append(Scrape(("j", "a"), at_s, values | ({asked("500"): bad} if bad else {})))
        unread += 1
        if read:
            found = watch.instances.take(history[-(unread + back) :])
            watch.counts += found.counts
            watch.holes += found.holes
            unread = 0
    watch.counts += watch.instances.take(history).counts
    assert total(watch.counts).get(OF, (0, {})) == (n, {"5xx": failed} if failed else {})
    assert not any("restarted" not in hole.why for hole in watch.holes)
