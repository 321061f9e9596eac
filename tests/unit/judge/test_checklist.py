"""Dashboards kept, a change log's entry, on-call told: what counts, and what only looks so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge import checklist
from harness.judge.checklist import Captured, ChangeLog, Receipt, Receipts, Signed
from harness.verdict import Outcome, Reason

HOUR = 3600.0
KEPT = Captured(
    "rollout",
    file="artifacts/dashboards/01-rollout.json",
    sha256="ab" * 32,
    size=120,
    fetched_at="2026-01-01T00:00:00.000+00:00",
    age_s=20.0,
    aged_by="timestamp",
)


def test_dashboards_that_are_kept_fresh_and_full_are_met_with_their_hashes() -> None:
    said = checklist.dashboards_kept([KEPT, replace(KEPT, name="errors", age_s=3.0)], HOUR)
    assert said.outcome is Outcome.MET
    assert said.because == (
        "kept with the run: rollout (abababababab), errors (abababababab); "
        "the oldest data was 20 s old, wanted less than 3600"
    )


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (replace(KEPT, age_s=HOUR), "rollout: its data was 60 min old when it was fetched, wanted less than 60"),
        (replace(KEPT, missing=("http_requests_total",)), "rollout: it carries no http_requests_total"),
        (replace(KEPT, age_s=None, missing=("p95",)), "rollout: it carries no p95"),
    ],
)
def test_old_data_and_missing_series_are_violated(one: Captured, words: str) -> None:
    said = checklist.dashboards_kept([KEPT, one], HOUR)
    assert (said.outcome, said.because) == (Outcome.VIOLATED, words)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (replace(KEPT, file="", sha256="", age_s=None, trouble="http://x/: HTTP 502"), "rollout: http://x/: HTTP 502"),
        (replace(KEPT, age_s=None), "it does not say how old its data is"),
        (replace(KEPT, age_s=-120.0), "its timestamp is 120 s in the future"),
        (replace(KEPT, kept=False), "is not what was hashed"),
        (replace(KEPT, file=""), "it was not kept"),
    ],
)
def test_what_did_not_answer_or_does_not_say_how_old_it_is_is_unknown(one: Captured, words: str) -> None:
    said = checklist.dashboards_kept([KEPT, one], HOUR)
    assert (said.outcome, said.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert words in said.because


def test_a_profile_without_dashboards_has_none_to_keep() -> None:
    assert checklist.dashboards_kept([], HOUR).reason is Reason.NO_DATA


LOG = """# Changelog

All changes. 1.6.0 is next.

## [v1.5.0] - 2026-01-01

### Added
- Streamed answers.

### Fixed

[v1.5.0]: https://example.org/compare

1.4.0
-----
Tables.
"""


@pytest.mark.parametrize("version", ["1.5.0", "v1.5.0", "v1.4.0", "1.4.0"])
def test_a_heading_with_text_below_it_is_an_entry_with_or_without_its_v(version: str) -> None:
    said = checklist.entry_for(version, ChangeLog(LOG, "CHANGELOG.md"))
    assert said.outcome is Outcome.MET
    assert said.facts["lines"] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LOG.replace("1.5.0", "1.6.1"), "has no heading for 1.5.0;"),
        (LOG.replace("## [v1.5.0] - 2026-01-01", "## Unreleased\nsoon: 1.5.0"), "it only mentions it"),
        ("## Changes since 1.5.0\ntext", "it only mentions it"),
        ("## 1.4.0 to 1.5.0\ntext", "it only mentions it"),
        ("## 1.5.0-rc1\ntext", "has no heading for 1.5.0;"),
        ("## 11.5.0\ntext", "has no heading for 1.5.0;"),
        ("## 1.5.0.1\ntext", "has no heading for 1.5.0;"),
        ("## 1.5.01\ntext", "has no heading for 1.5.0;"),
        ("```\n## 1.5.0\n```\ntext", "it only mentions it"),
        ("<!--\n## 1.5.0\ntext\n-->\n", "it only mentions it"),
        ("## 1.5.0\n\n## 1.4.0\ntext", "the entry '1.5.0' is empty"),
        ("## 1.5.0\n### Added\n\n[1.5.0]: https://example.org\n", "the entry '1.5.0' is empty"),
        ("", "has no heading for 1.5.0;"),
    ],
)
def test_a_mention_another_version_and_an_empty_entry_are_violated(text: str, words: str) -> None:
    said = checklist.entry_for("1.5.0", ChangeLog(text, "CHANGELOG.md"))
    assert said.outcome is Outcome.VIOLATED
    assert words in said.because


@pytest.mark.parametrize("heading", ["## Release 1.5.0", "## **Version v1.5.0** (2026-01-01)", "# OneSource 1.5.0."])
def test_a_heading_may_say_that_it_is_a_release(heading: str) -> None:
    assert checklist.entry_for("1.5.0", ChangeLog(f"{heading}\nText.")).outcome is Outcome.MET


def test_a_change_log_that_cannot_be_read_and_a_build_without_a_version_are_unknown() -> None:
    assert checklist.entry_for("1.5.0", ChangeLog(trouble="HTTP 404")).reason is Reason.NO_DATA
    assert "set builds.canary.version" in checklist.entry_for("", ChangeLog(LOG)).because


BUILD = "sha256:" + "92" * 32
TOLD = Receipt(BUILD, "2026-01-01T09:00:00Z", "pager")
READ = "2026-01-01T10:00:00.000+00:00"
UNSIGNED = Signed(BUILD, "gate attest P3-CHK-05 --build x", reasons=("nobody signed P3-CHK-05 for this build",))
SIGNED = Signed(BUILD, "gate attest", True, "Kim", "I know", "2026-01-02T00:00:00.000Z", "a.json")


def test_a_delivered_message_about_this_build_is_met() -> None:
    said = checklist.on_call_knows(BUILD, Receipts((TOLD,), READ), UNSIGNED)
    assert said.outcome is Outcome.MET
    assert said.because == "told by pager, delivered 2026-01-01T09:00:00Z, about sha256:929292929292"


def test_a_signed_statement_is_met_where_no_message_is() -> None:
    said = checklist.on_call_knows(BUILD, Receipts((), READ), SIGNED)
    assert said.outcome is Outcome.MET
    assert said.because.startswith("Kim signed: I know")
    assert checklist.on_call_knows(BUILD, Receipts(trouble="HTTP 500"), SIGNED).outcome is Outcome.MET


@pytest.mark.parametrize(
    "receipt",
    [
        replace(TOLD, build="sha256:" + "00" * 32),
        replace(TOLD, at="2025-12-31T09:59:59Z"),
        replace(TOLD, at="2026-01-01T10:05:00Z"),
        replace(TOLD, at="2026-01-01T09:00:00"),
        replace(TOLD, at="yesterday"),
    ],
    ids=["another build", "older than a day", "in the future", "without a zone", "no time"],
)
def test_another_message_and_no_signature_ask_for_one_with_the_command(receipt: Receipt) -> None:
    said = checklist.on_call_knows(BUILD, Receipts((receipt,), READ), UNSIGNED)
    assert (said.outcome, said.reason) == (Outcome.UNKNOWN, Reason.NEEDS_SIGNOFF)
    assert said.because == (
        "no message about sha256:929292929292 was delivered in 24 h; nobody signed P3-CHK-05 for this build; "
        "next: gate attest P3-CHK-05 --build x"
    )


def test_receipts_that_cannot_be_read_are_named() -> None:
    said = checklist.on_call_knows(BUILD, Receipts(trouble="http://x/: HTTP 500"), UNSIGNED)
    assert said.because.startswith("http://x/: HTTP 500; nobody signed")
    assert said.reason is Reason.NEEDS_SIGNOFF


def test_without_a_build_nothing_is_about_it() -> None:
    told = Receipts((replace(TOLD, build=""),), READ)
    assert checklist.on_call_knows("", told, replace(SIGNED, build="")).reason is Reason.NEEDS_SIGNOFF
