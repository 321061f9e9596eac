"""Shards add up to what one process would have written, byte for byte; what does not belong is refused."""

from __future__ import annotations

import random  # noqa: TC003  hypothesis reads the annotations
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli import run as gate
from harness.clock import FakeClock
from harness.evidence.merge import canonical, digest, merge
from harness.evidence.reading import WindowReader
from harness.evidence.rows import FILE
from harness.evidence.sample import Sample
from harness.evidence.store import EvidenceError, Writer
from harness.evidence.window import terms
from harness.evidence.windows import About, Windows

BEGAN_S = 1_767_225_600.0
SAMPLES = st.lists(
    st.builds(
        Sample,
        st.floats(BEGAN_S, BEGAN_S + 9),
        st.sampled_from(["load", "probe"]),
        st.sampled_from(["/chat", "/chat/enhanced"]),
        st.sampled_from(["stable", "canary", None]),
        st.none() | st.floats(0, 100),
        st.sampled_from(["", "", "5xx", "capped"]),
        st.floats(0, 1),
    ),
    max_size=80,
)


def store(run: Path, samples: list[Sample], shard: int = 0, of: int = 1, **about: str) -> Path:
    run.mkdir(parents=True)
    clock = FakeClock()
    writer = Writer(run, clock)
    named = About(about.get("name", "r"), about.get("target", "sandbox"), terms(1, (0.3, 1.5), 0.05), of)
    windows = Windows(writer, named, clock, shard=shard, boot="b")
    for i, sample in enumerate(samples):
        windows.add(sample)
        if i % 7 == 0:
            writer.flush()
    clock.sleep(9 + float(about.get("longer", 0)))
    writer.close("finished")
    return run


def many(count: int) -> list[Sample]:
    return [
        Sample(BEGAN_S + i % 9, "load", f"/{i % 4}", "canary" if i % 5 == 0 else "stable", 0.01 * (1 + i % 97))
        for i in range(count)
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SAMPLES, st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_split_of_samples_merges_to_the_single_runs_bytes(
    samples: list[Sample], of: int, order: random.Random
) -> None:
    shuffled = list(samples)
    order.shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        single = store(at / "single", samples)
        shards = [store(at / f"{k}", shuffled[k::of], k, of) for k in range(of)]
        _ = merge(at / "all", shards[::-1])
        assert b"".join(canonical(at / "all")) == b"".join(canonical(single))


def test_sixteen_shards_are_the_single_run_also_in_two_steps(tmp_path: Path) -> None:
    samples = many(2000)
    single = store(tmp_path / "single", samples)
    shards = [store(tmp_path / f"{k}", samples[k::16], k, 16) for k in range(16)]
    _ = merge(tmp_path / "all", shards)
    _ = merge(tmp_path / "half", shards[5:])
    _ = merge(tmp_path / "both", [*shards[:5], tmp_path / "half" / FILE])
    assert digest(tmp_path / "all") == digest(tmp_path / "both") == digest(single)
    assert (tmp_path / "all" / FILE).read_bytes() == (tmp_path / "both" / FILE).read_bytes()


def test_a_missing_and_a_short_shard_are_gaps_and_another_digest(tmp_path: Path) -> None:
    samples = many(100)
    shards = [store(tmp_path / f"{k}", samples[k::4], k, 4, longer="5" if k == 3 else "0") for k in range(4)]
    _ = merge(tmp_path / "most", [shards[0], shards[3]])
    assert [(gap.seconds, gap.why) for gap in WindowReader(tmp_path / "most").gaps()] == [
        (14.0, "shard 1 of 4 is missing"),
        (14.0, "shard 2 of 4 is missing"),
        (5.0, "shard 0 of 4 ended early"),
    ]
    _ = merge(tmp_path / "all", shards)
    assert digest(tmp_path / "most") != digest(tmp_path / "all")


def test_foreign_overlapping_living_and_damaged_shards_are_refused_in_one_line(tmp_path: Path) -> None:
    one = store(tmp_path / "one", many(50), 0, 2)
    foreign = store(tmp_path / "foreign", many(50), 1, 2, name="other")
    elsewhere = store(tmp_path / "elsewhere", many(50), 1, 2, target="onesource")
    twin = store(tmp_path / "twin", many(50), 0, 2)
    living = tmp_path / "living"
    living.mkdir()
    writer = Writer(living, FakeClock())
    broken = store(tmp_path / "broken", many(50), 1, 2)
    _ = (broken / FILE).write_bytes((broken / FILE).read_bytes()[:8192])
    for other, said in (
        (foreign, "foreign: another run"),
        (elsewhere, "foreign: another target"),
        (twin, "shard 0 is in both"),
        (one, "shard 0 is in both"),
        (living, "still being written"),
        (broken, "malformed"),
        (tmp_path / "nowhere", "found none"),
    ):
        with pytest.raises(EvidenceError, match=said) as told:
            _ = merge(tmp_path / "out", [one, other])
        assert "\n" not in str(told.value)
        assert list((tmp_path / "out").glob("*") if (tmp_path / "out").exists() else ()) == []
    with pytest.raises(EvidenceError, match="at least one"):
        _ = merge(tmp_path / "out", [])
    _ = merge(tmp_path / "out", [one])
    with pytest.raises(EvidenceError, match="exists; give another"):
        _ = merge(tmp_path / "out", [one])
    writer.close("finished")


def test_the_command_line_merges_and_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = many(200)
    shards = [store(tmp_path / f"{k}", samples[k::2], k, 2) for k in range(2)]
    out = tmp_path / "out"
    assert gate(["evidence", "merge", str(out), *map(str, shards)]) == 0
    assert f"sha256 of the canonical export: {digest(out)}" in capsys.readouterr().out
    assert gate(["evidence", "show", str(out)]) == 0
    said = capsys.readouterr().out
    assert "run r against sandbox" in said
    assert digest(out) in said
    assert gate(["evidence", "show", str(out), "--export"]) == 0
    assert capsys.readouterr().out.encode() == b"".join(canonical(out))
    assert gate(["evidence", "merge", str(tmp_path / "new"), str(shards[0]), str(shards[0])]) == 2
    assert capsys.readouterr().err.startswith("gate: merge: shard 0 is in both")
    assert gate(["evidence", "merge", str(tmp_path / "new")]) == 4
    _ = (out / FILE).write_bytes((out / FILE).read_bytes()[:-4096])
    assert gate(["evidence", "show", str(out)]) == 2
    assert "gate: " in capsys.readouterr().err
