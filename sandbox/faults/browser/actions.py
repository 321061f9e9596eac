"""Faults of what the page offers and remembers: suggested actions, landing examples, the conversation, the bash."""

from __future__ import annotations

from sandbox.faults.ageing import FAULT
from sandbox.faults.fault import Fault, Where


def _bash(name: str, does: str, primary: str, where: Where = "page") -> Fault:
    return Fault(name, does, where, primary, phase="bugbash")


ACTIONS: tuple[Fault, ...] = (
    _bash("actions-sent-twice", "a click on a suggested action sends its question a second time", "BB-06"),
    _bash("actions-neighbour", "every suggested action asks what the first one says", "BB-06"),
    _bash("actions-cut-text", "a suggested action asks the first 16 characters of its text", "BB-06"),
    _bash("actions-dead", "nothing happens when a suggested action is clicked", "BB-06"),
    _bash("actions-mouse-only", "suggested actions are no buttons, and the keyboard can't press them", "BB-06"),
    _bash("actions-marked", "suggested actions show HTML tags around their texts", "BB-06"),
    _bash("actions-shown-twice", "each suggested action is drawn twice", "BB-06"),
    _bash("actions-first-only", "only the first suggested action is drawn", "BB-06"),
    _bash("actions-built-in", "the page adds two actions of its own, also where the answer offers none", "BB-06"),
    _bash("actions-not-shown", "suggested actions are left out where there are some", "BB-06"),
    _bash("actions-not-refreshed", "suggested actions of earlier answers stay under later ones", "BB-06"),
    _bash("actions-usable-while-busy", "old suggested actions look usable until the next answer is complete", "BB-06"),
    _bash("actions-asked-again", "the service suggests the question that was just asked", "BB-06", "product"),
    _bash("actions-in-markdown", "the service's suggested actions carry Markdown marks", "BB-06", "product"),
)

EXAMPLES: tuple[Fault, ...] = (
    _bash("examples-fallback", "the page reads the service's examples from another key and shows its own", "BB-07"),
    _bash("examples-same-request", "the page asks for the examples of one seed", "BB-07"),
    _bash("examples-shown-twice", "the first example is drawn twice", "BB-07"),
    _bash("examples-too-few", "two examples are shown", "BB-07"),
    _bash("examples-blank", "one example has no text", "BB-07"),
    _bash("examples-dead", "nothing is asked when an example is clicked", "BB-07"),
    _bash("examples-neighbour", "every example asks what the first one says", "BB-07"),
    _bash("examples-sent-twice", "a click on an example sends its question a second time", "BB-07"),
    _bash("examples-unfilled", "each example shows the name of a variable in place of its text", "BB-07"),
    _bash("examples-reshuffled", "the examples are loaded anew with each letter that is typed", "BB-07"),
    _bash("examples-same-seed", "the service draws its examples from one seed", "BB-07", "product"),
    _bash("examples-braces", "the service's first example is a template that nobody filled in", "BB-07", "product"),
)

REMEMBERING: tuple[Fault, ...] = (
    _bash("page-no-session", "the page sends no session id", "BY-04"),
    _bash("page-session-misnamed", "the page sends the session id under another name", "BY-04"),
    _bash("page-session-renewed", "the page names another conversation with each question", "BY-04"),
    _bash("page-new-keeps-session", "a new conversation goes on with the session of the one before", "BY-04"),
)

BASH_TIME: tuple[Fault, ...] = (
    _bash(FAULT, "staging's rollout was complete eleven minutes earlier", "BB-08", "cluster"),
)

FAULTS: tuple[Fault, ...] = (*ACTIONS, *EXAMPLES, *REMEMBERING, *BASH_TIME)
