"""The part of a profile that says where things are on the product's page. Another chat is another profile, not code.

Everything is found by role and accessible name, as its users find it; CSS is there for what has no role.
"""

from __future__ import annotations

import datetime  # noqa: TC003  msgspec reads the annotations when it runs
from collections.abc import Mapping  # noqa: TC003
from typing import Annotated, Literal

import msgspec


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Strict by default."""


class Find(_Struct, frozen=True):
    """One thing on the page: by `role` and `name` (a regular expression, any case), or by `css` if it has no role."""

    role: str = ""
    name: str = ""
    css: str = ""

    @property
    def said(self) -> str:
        """How a person would call it."""
        return self.css or f"{self.role}{f' {self.name!r}' if self.name else ''}"


class Theme(_Struct, frozen=True):
    """How the page's theme is chosen: a button that toggles it, a list with its names, or the system's alone."""

    kind: Literal["toggle", "select", "system"] = "toggle"
    find: Find = Find("button", "dark|theme")
    dark: str = "dark"  # the option of a list
    light: str = "light"
    follows_system: bool = True  # a fresh visitor gets what the system prefers


class Prompts(_Struct, frozen=True):
    """What is asked. A table's rows stand in its question, so that a model needs to invent nothing.

    `{rows}` is filled in with lines of cells between `|`; `{fact}` with something that nobody can guess.
    """

    table: str = "Show exactly these rows as a table:\n{rows}"
    wide: str = "Show a table of 8 rows and 12 columns"
    long: str = "Show a table of 60 rows and 4 columns"
    rich: str = (
        "Compare tea and coffee in a table, list the first steps, draw a diagram, write a Python function and warn of "
        "the risks."
    )  # every kind of block at once: table, list, picture, code, warning
    text: str = "What helps against poor sleep?"
    code: str = "Write a Python function that counts words"
    actions: str = "How do I plan a monthly budget?"
    tell: str = "Please remember: the project is called {fact}."
    recall: str = "What did I say the project is called?"


class Known(_Struct, frozen=True):
    """A finding that is known: never hidden, counted until it expires, and missed when it is gone.

    `rule` and `where` are those of the finding, `state` a part of its state ("" for any); `expires` is a date.
    """

    line: str
    rule: str
    where: str
    owner: Annotated[str, msgspec.Meta(min_length=1)]
    reason: Annotated[str, msgspec.Meta(min_length=1)]
    expires: datetime.date
    state: str = ""


class Ui(_Struct, frozen=True):
    """The product's page.

    `answered` says how the end of an answer shows: the transcript is no longer busy (aria-busy), the send button can
    be used again, or nothing changed for half a second. `hosts` may be loaded from beside the target itself.
    `examples_path` is where the page asks for its examples; "" compares nothing. `console` are regular expressions of
    errors in the console that mean nothing. `state_file` is a signed-in browser's storage, as Playwright saves it; it
    never reaches a report. `traces` keeps Playwright's trace of each look that is not MET, for who searches a defect:
    looks take a quarter to two thirds longer, and a page behind a login can't have them.
    """

    path: str = "/"
    hosts: tuple[str, ...] = ()
    console: tuple[str, ...] = ()
    state_file: str = ""
    composer: Find = Find("textbox", "question|message|ask|prompt")
    send: Find = Find("button", "^send")
    new: Find = Find("button", "new (conversation|chat)")
    transcript: Find = Find("log")
    answer: Find = Find("article")
    examples: Find = Find("list", "example")
    examples_path: str = "/api/prompts/examples"
    suggestions: Find = Find("group", "suggest")
    table: Find = Find("table")
    copy: Find = Find("button", "^copy")
    export: Find = Find("button", "csv|export")
    theme: Theme = Theme()
    answered: Literal["aria-busy", "send-enabled", "quiet"] = "aria-busy"
    answer_within_s: float = 30.0
    prompts: Prompts = Prompts()
    question: tuple[str, ...] = ("question",)  # where a question's body holds its text
    session: tuple[str, ...] = ("session_id",)  # where a question's body names its conversation
    known: tuple[Known, ...] = ()
    components: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])  # name -> CSS of more components
    traces: bool = False

    def __post_init__(self) -> None:
        """Refuse traces of a page that knows who is there."""
        if self.traces and self.state_file:
            raise ValueError(
                "ui.traces: wanted a page that nobody is signed in to, got ui.state_file; "
                "a trace would hold who was signed in: take one of both away"
            )
