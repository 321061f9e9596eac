"""What the stand-in remembers of a conversation, as rules."""

from __future__ import annotations

import pytest

from sandbox.product import memory

TOLD = [
    ("Remember that my favourite colour is teal-4821.", "What is my favourite colour?", "teal-4821"),
    ("Please remember: the code word is zebra-77.", "What was the code word?", "zebra-77"),
    ("The code word for this conversation is Quokka9. Please remember it.", "What is the code word?", "Quokka9"),
    ("My name is Ada Lovelace.", "What's my name?", "Ada Lovelace"),
    ("Hi, my name is Grace.", "Who am I?", "Grace"),
    ("Call me Ishmael.", "What is my name?", "Ishmael"),
    ("I am Linus.", "What did I tell you?", "Linus"),
    ("I live in Lisbon.", "Where do I live?", "Lisbon"),
    ("I'm allergic to peanuts.", "What am I allergic to?", "peanuts"),
    ("Our budget is 4,200 euros.", "How large is our budget?", "4,200 euros"),
    ("Note that the deadline is 12 March.", "When is the deadline?", "12 March"),
    ("Keep in mind that the meeting moved to room B-12.", "Which room did the meeting move to?", "B-12"),
    ("My project is called Heron-31.", "What is my project called?", "Heron-31"),
    ("My dog's name is Bello.", "What is my dog's name?", "Bello"),
    ("Remember the number 918273.", "Which number did I ask you to remember?", "918273"),
    ("Remember 918273.", "What did I ask you to remember?", "918273"),
    ("Remember this: falcon-5", "Repeat what I told you earlier.", "falcon-5"),
    ("For later: access code = K7-P2", "What is the access code?", "K7-P2"),
    ("I have 3 cats and a parrot.", "How many cats do I have?", "3 cats"),
    ("My secret token is abc-XYZ-9.", "Tell me my secret token.", "abc-XYZ-9"),
    ("Can you remember that my train leaves at 17:42?", "When does my train leave?", "17:42"),
    ("My favorite color is teal.", "Do you remember my favourite colours?", "teal"),
    ("I work as a nurse.", "What do I work as?", "nurse"),
    ("I prefer tea over coffee.", "Do I prefer tea or coffee?", "tea over coffee"),
    ("Don't forget that the answer is 42.", "What was the answer?", "42"),
    ("The launch city is Oslo-19. Just say OK.", "Which launch city did I mention?", "Oslo-19"),
    ("My lucky number is 7319, remember it for later.", "Say my lucky number again.", "7319"),
    ("Remember that I parked on level P3.", "On which level did I park?", "P3"),
    ("We moved the release to Friday.", "To which day did we move the release?", "Friday"),
    ("Store this fact: the serial is SN-00-41", "Can you recall the serial?", "SN-00-41"),
]


@pytest.mark.parametrize(("told", "asked", "value"), TOLD, ids=[asked for _, asked, _ in TOLD])
def test_what_was_told_is_recalled_letter_by_letter(told: str, asked: str, value: str) -> None:
    assert any(value in fact for fact in memory.recall(asked, [told, "How do I plan a picnic?"])), memory.facts_in(told)


@pytest.mark.parametrize(("told", "asked", "value"), TOLD, ids=[asked for _, asked, _ in TOLD])
def test_nothing_is_recalled_that_was_not_told(told: str, asked: str, value: str) -> None:
    assert told
    assert not any(
        value in fact for fact in memory.recall(asked, ["How do I plan a picnic?", "Compare tea and coffee"])
    )


def test_the_newest_of_two_statements_wins() -> None:
    said = ["My city is Rome.", "Actually, my city is Turin."]
    assert "Turin" in memory.recall("What is my city?", said)[0]


def test_of_several_facts_the_one_asked_for_comes_back() -> None:
    said = ["My cat is Mia.", "My dog is Rex.", "The code word is Elm."]
    assert memory.recall("What is the name of my dog?", said) == ["your dog is Rex"]


@pytest.mark.parametrize("question", ["How do I plan a picnic?", "Compare tea and coffee", "List the first steps"])
def test_a_question_states_nothing(question: str) -> None:
    assert memory.facts_in(question) == []
