"""Where ingress-nginx's annotations send a request.

With the environment variable ONESOURCE_CANARY_CASES naming a readable ingress_canary_cases.jsonl, its routing
rows must pass too; without it, this checks the project's own table only.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge.oracle import Affinity, Decision, Request, Split, decide

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = {"canary": "true"}
HEADER = MARK | {"canary-by-header": "X-Canary"}
VALUE = HEADER | {"canary-by-header-value": "beta"}
PATTERN = HEADER | {"canary-by-header-pattern": "^beta-[0-9]+$"}
COOKIE = MARK | {"canary-by-cookie": "tester"}
ALL = HEADER | {"canary-by-cookie": "tester", "canary-weight": "10"}
STICKY = {"affinity": "cookie"}


def header(value: str, name: str = "X-Canary") -> Request:
    return Request(headers={name: value})


def cookie(value: str, name: str = "tester") -> Request:
    return Request(cookies={name: value})


PLAIN = Request()
TABLE: list[tuple[str, dict[str, str] | None, dict[str, str] | None, Request, Decision]] = [
    ("no canary at all", {}, None, header("always"), "main"),
    ("no ingress at all", None, None, PLAIN, "404"),
    ("a canary without a primary", None, HEADER, header("always"), "404"),
    ("the only ingress annotated", MARK | {"canary-weight": "10"}, None, PLAIN, "404"),
    ("the primary annotated beside a canary", MARK, HEADER, PLAIN, "404"),
    ("a canary switched off", {}, {"canary": "false"}, PLAIN, "main"),
    ("rules left without the mark", {}, {"canary": "false", "canary-weight": "100"}, PLAIN, "main"),
    ("a mark that is no boolean", {}, {"canary": "yes", "canary-weight": "100"}, PLAIN, "main"),
    ("always", {}, HEADER, header("always"), "canary"),
    ("never", {}, HEADER, header("never"), "main"),
    ("any other word", {}, HEADER, header("enabled"), "main"),
    ("a header's name knows no case", {}, HEADER, header("always", "x-cAnArY"), "canary"),
    ("another header", {}, HEADER, header("always", "X-Other"), "main"),
    ("the value", {}, VALUE, header("beta"), "canary"),
    ("always where a value is set", {}, VALUE, header("always"), "main"),
    ("never where a value is set falls through", {}, VALUE | {"canary-weight": "100"}, header("never"), "canary"),
    ("the pattern", {}, PATTERN, header("beta-7"), "canary"),
    ("the pattern missed", {}, PATTERN, header("beta-x"), "main"),
    ("a pattern beside a value", {}, VALUE | {"canary-by-header-pattern": ".*"}, header("x"), "main"),
    (
        "a broken pattern ends it",
        {},
        HEADER | {"canary-by-header-pattern": "(", "canary-weight": "100"},
        header("x"),
        "main",
    ),
    ("cookie always", {}, COOKIE, cookie("always"), "canary"),
    ("cookie never", {}, COOKIE | {"canary-weight": "100"}, cookie("never"), "main"),
    ("the runbook's cookie value", {}, COOKIE, cookie("enabled"), "main"),
    ("a cookie without a rule", {}, MARK | {"canary-weight": "0"}, cookie("always"), "main"),
    ("header before cookie", {}, ALL, Request({"X-Canary": "never"}, {"tester": "always"}), "main"),
    ("cookie before weight", {}, ALL, cookie("always"), "canary"),
    ("nothing pinned: the weight", {}, ALL, PLAIN, Split(10, 100)),
    ("weight 0", {}, MARK | {"canary-weight": "0"}, PLAIN, "main"),
    ("weight 100", {}, MARK | {"canary-weight": "100"}, PLAIN, "canary"),
    ("of a larger total", {}, MARK | {"canary-weight": "10", "canary-weight-total": "1000"}, PLAIN, Split(10, 1000)),
    (
        "a smaller total is ignored",
        {},
        MARK | {"canary-weight": "10", "canary-weight-total": "20"},
        PLAIN,
        Split(10, 100),
    ),
    ("a weight that is no number", {}, MARK | {"canary-weight": "10%"}, PLAIN, "main"),
    ("a session of the primary stays", STICKY, ALL, Request({"X-Canary": "always"}, affinity="primary"), "main"),
    ("a session of the canary stays", STICKY, ALL, Request({"X-Canary": "never"}, affinity="canary"), "canary"),
    (
        "legacy affinity does not hold",
        STICKY,
        ALL | {"affinity-canary-behavior": "legacy"},
        Request({"X-Canary": "always"}, affinity="primary"),
        "canary",
    ),
    ("no affinity configured", {}, ALL, Request(affinity="canary"), Split(10, 100)),
]


@pytest.mark.parametrize(
    ("primary", "canary", "request_", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_request_goes_where_the_annotations_say(
    primary: dict[str, str] | None, canary: dict[str, str] | None, request_: Request, expected: Decision
) -> None:
    assert decide(primary, canary, request_) == expected


def _given_rows() -> list[dict[str, Any]]:
    named = os.environ.get("ONESOURCE_CANARY_CASES", "")
    if not named:
        return []
    rows = [json.loads(line) for line in Path(named).read_text(encoding="utf-8").splitlines() if line.strip()]
    return [row for row in rows if row["kind"] in {"routing_e2e", "routing_unit"}]


def _decided(row: dict[str, Any]) -> Decision:
    """Put one row of the conformance file to the oracle."""
    asked = row["request"]
    if row["kind"] == "routing_unit":
        names = {
            "weight": "canary-weight",
            "weightTotal": "canary-weight-total",
            "cookie": "canary-by-cookie",
            "header": "canary-by-header",
            "headerValue": "canary-by-header-value",
        }
        canary = MARK | {names[key]: str(value) for key, value in row["policy"].items() if key in names}
        arms: dict[str, Affinity] = {"alternative": "canary", "primary": "primary"}
        sent = Request(asked.get("headers", {}), asked.get("cookies", {}), arms.get(asked.get("affinitized", ""), ""))
        return decide(STICKY, canary, sent)
    primary = row["main_annotations"] if row["main_ingress"] else None
    if "first" in asked:
        first = decide(primary, row["canary_annotations"], Request(asked["first"]["headers"]))
        assert first == "canary"
        return decide(primary, row["canary_annotations"], Request(affinity="canary"))
    return decide(primary, row["canary_annotations"], Request(asked.get("headers", {}), asked.get("cookies", {})))


def _expected(row: dict[str, Any]) -> str:
    said = row["expected"]
    if said == "404" or "no server_name" in said:
        return "404"
    if "split" in said:
        return "split"
    return "canary" if said.startswith("canary") else "main"


def test_the_routing_rows_of_the_named_case_file_pass_too(record_property: Callable[[str, object], None]) -> None:
    """Checks nothing but its own wiring when ONESOURCE_CANARY_CASES names no file; the table above always runs."""
    rows = _given_rows()
    wrong: list[str] = []
    for row in rows:
        found = _decided(row)
        name = "split" if isinstance(found, Split) else found
        if name != _expected(row):
            wrong.append(f"{row['id']}: {found}, wanted {row['expected']}")
    record_property("routing_rows", len(rows))
    print(f"{len(rows)} routing rows of ONESOURCE_CANARY_CASES" if rows else "own table only")  # noqa: T201
    assert not wrong
    assert bool(rows) == bool(os.environ.get("ONESOURCE_CANARY_CASES"))


words = st.sampled_from(["always", "never", "enabled", ""])
annotations = st.dictionaries(
    st.sampled_from(["canary-weight", "canary-weight-total", "canary-by-header", "canary-by-cookie", "affinity"]),
    st.sampled_from(["X-Canary", "tester", "cookie", "0", "10", "100", "1000", "x"]),
)


@settings(deadline=None)
@given(annotations, annotations, words, words)
def test_a_canary_alone_is_never_served(
    primary: dict[str, str], canary: dict[str, str], header_value: str, cookie_value: str
) -> None:
    request_ = Request({"X-Canary": header_value}, {"tester": cookie_value})
    assert decide(None, canary | MARK, request_) == "404"
    assert decide(primary | MARK, canary | MARK, request_) == "404"
    assert decide(primary, canary, request_) == "main", "without the mark no rule counts"


@settings(deadline=None)
@given(annotations, words, st.sampled_from(["0", "10", "100", "1000"]))
def test_a_pin_by_header_never_depends_on_the_weight(canary: dict[str, str], cookie_value: str, weight: str) -> None:
    pinned = canary | HEADER
    for value, arm in (("always", "canary"), ("never", "main")):
        asked = Request({"x-canary": value}, {"tester": cookie_value})
        assert decide({}, pinned | {"canary-weight": weight}, asked) == arm
