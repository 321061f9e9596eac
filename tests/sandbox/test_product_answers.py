"""The stand-in's answers, as pure functions: schema, relation to the question, tables, examples, latencies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.product import answers, examples, latency, schema, tables
from sandbox.users.plans import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY = [
    *QUESTIONS,
    *examples.STATIC,
    *examples.fresh(60, [], 7),
    "?",
    "hi",
    "x" * 9000,
    "Wie plane ich einen Garten? 🌱",
    "Make a table, code, a list of steps and a diagram of the risks",
    "table 50 rows 12 columns",
    "a | b\n--- | ---\n1 | =cmd()\n<b>x</b> | 2",
    "Remember that my name is Ada.",
    "What did I tell you before?",
]


def ask(question: str, said: Sequence[str] = (), **changes: Any) -> schema.Doc:
    fields: dict[str, Any] = {"session": "s", "tier": "regular", "seed": 1, "unified": True, "suggest": True}
    return answers.answer(answers.Ask(question=question, said=said, **(fields | changes)))


def kinds(answer: schema.Doc) -> list[str]:
    return [block["type"] for block in answer["blocks"]]


@pytest.mark.parametrize("tier", ["regular", "enhanced"])
@pytest.mark.parametrize("unified", [True, False])
@pytest.mark.parametrize("suggest", [True, False])
def test_every_answer_is_valid_v2_without_repair(tier: str, unified: bool, suggest: bool) -> None:
    for question in MANY:
        answer = ask(question, ["My dog is Rex."], tier=tier, unified=unified, suggest=suggest)
        assert schema.problems(answer) == [], (question, answer)
        assert ("suggested_actions" in answer["meta"]) is suggest
        assert ("summary" in answer) is unified


def test_the_same_question_gives_the_same_answer_and_another_seed_another() -> None:
    assert ask(QUESTIONS[0]) == ask(QUESTIONS[0])
    assert any(ask(question, seed=1)["blocks"] != ask(question, seed=2)["blocks"] for question in QUESTIONS)


def test_different_questions_get_different_answers_that_take_up_their_words() -> None:
    texts = {question: answers.text_of(ask(question)["blocks"]) for question in QUESTIONS}
    assert len(set(texts.values())) == len(QUESTIONS)
    for question, text in texts.items():
        words = {word.strip("?.").lower() for word in question.split() if len(word) > 4}
        assert any(word in text.lower() for word in words), (question, text)


def test_suggested_actions_are_distinct_and_never_the_question_just_asked() -> None:
    for question in MANY:
        labels = [action["label"] for action in ask(question)["meta"]["suggested_actions"]]
        assert 1 <= len(set(labels)) == len(labels)
        assert question not in labels


def test_tokens_grow_with_the_conversation() -> None:
    assert ask("hi", ["a long story " * 50])["meta"]["tokens_used"] > ask("hi")["meta"]["tokens_used"] > 0


def test_what_is_asked_for_is_there() -> None:
    assert kinds(ask("Make a table, code, a list of steps and a diagram of the risks")) == [
        "markdown",
        "table",
        "code",
        "list",
        "image",
        "callout",
    ]
    assert kinds(ask("How do I plan a picnic?")) == ["markdown"]


def test_the_legacy_pipeline_writes_tables_as_text() -> None:
    answer = ask("Compare tea and coffee in a table", unified=False)
    assert kinds(answer) == ["markdown", "code"]
    assert "Aspect" in answer["blocks"][1]["content"]


def test_two_things_compared_are_the_columns() -> None:
    table = ask("Compare green tea and coffee in a table")["blocks"][1]
    assert table["headers"] == ["Aspect", "green tea", "coffee"]


def test_a_table_has_the_size_asked_for() -> None:
    table = ask("A table with 50 rows and 12 columns about gardens")["blocks"][1]
    assert (len(table["rows"]), len(table["headers"])) == (50, 12)


def test_rows_given_in_the_question_come_back_cell_by_cell() -> None:
    given = 'Name | Note\n--- | ---\n<img onerror=x> | =1+1\n"a, b" | -5'
    table = ask(given)["blocks"][1]
    assert table["headers"] == ["Name", "Note"]
    assert table["rows"] == [["<img onerror=x>", "=1+1"], ['"a, b"', "-5"]]


@pytest.mark.parametrize("text", ["no rows", "a | b", "a | b\nc", "a, b\nc, d"])
def test_prose_is_no_rows(text: str) -> None:
    assert tables.given(text) is None


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"title": "short"}, "title_too_short"),
        ({"title": None}, "title_too_short"),
        ({"blocks": []}, "no_blocks"),
        ({"blocks": None}, "no_blocks"),
        ({"blocks": [{"type": "dance", "content": "x"}]}, "bad_block"),
        ({"blocks": ["text"]}, "bad_block"),
        (
            {"blocks": [{"type": "table", "content": "", "caption": "", "headers": ["a"], "rows": [["1", "2"]]}]},
            "bad_block",
        ),
        ({"meta": {"schema": "v1", "session_id": "s", "tier": "regular", "tokens_used": 1}}, "bad_meta"),
        ({"meta": None}, "bad_meta"),
    ],
)
def test_a_broken_answer_is_named_and_repaired(broken: schema.Doc, reason: str) -> None:
    answer = ask("How do I plan a picnic?")
    answer.update(broken)
    assert schema.problems(answer) == [reason]
    meta = {"schema": "v2", "session_id": "s", "tier": "regular", "tokens_used": 1}
    assert schema.problems(schema.repaired(answer, "picnic?", meta)) == []


def test_examples_are_different_fresh_and_reproducible_by_their_seed() -> None:
    lists = [examples.fresh(5, [], seed) for seed in range(50)]
    assert all(len(set(found)) == 5 for found in lists)
    assert len({json.dumps(found) for found in lists}) == 50
    assert examples.fresh(5, [], 3) == lists[3]


def test_examples_keep_to_the_topics() -> None:
    assert all(
        any(subject in text for subject in examples.SUBJECTS["kitchen"]) for text in examples.fresh(10, ["kitchen"], 1)
    )


def test_modelled_latencies_have_the_documented_quantiles() -> None:
    model = latency.Model(1, "pod", scale=1.0, unified=True)
    p95 = {}
    for tier in latency.SHAPES:
        drawn = sorted(model.draw(tier) for _ in range(20_000))
        p95[tier] = drawn[19_000]
        assert drawn[10_000] == pytest.approx(latency.SHAPES[tier].median_s, rel=0.03)
        assert p95[tier] == pytest.approx(latency.SHAPES[tier].p95_s, rel=0.03)
    assert 0 < p95["enhanced"] - p95["regular"] < 0.1
    assert p95["enhanced"] < 1.1


def test_latencies_repeat_with_the_seed_and_differ_between_pods() -> None:
    drawn = [latency.Model(1, pod, scale=1.0, unified=True).draw("regular") for pod in ("a", "a", "b")]
    assert drawn[0] == drawn[1] != drawn[2]
