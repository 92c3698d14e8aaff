"""What a `.wf` text says, statement by statement, with its places and comments. Pure data (flow spec 2.2, 2.3).

A place is (line, column) from 1. Comments are kept so that the formatter can put them back; nothing else looks at them.
"""

from __future__ import annotations

from attrs import field, frozen

from actors.workflow.problems import NOWHERE, Place

__all__ = ["Attribute", "Condition", "Declared", "Entry", "File", "ListValue", "MapValue", "Scalar", "Statement", "Trivia", "Value"]


@frozen
class Trivia:
    """Comments around something: the lines in front of it ("" is an empty line), and the one behind it on its last line."""

    before: tuple[str, ...] = ()
    tail: str | None = None


@frozen
class Scalar:
    """One text. `raw` is how it is spelt; `quoted` tells `"a"` from the bare word `a`."""

    text: str
    quoted: bool = False
    raw: str = ""
    place: Place = NOWHERE


@frozen
class ListValue:
    """`[ a, b ]`."""

    items: tuple[Scalar, ...]
    place: Place = NOWHERE


@frozen
class MapValue:
    """`{ a = 1 b = 2 }`."""

    entries: tuple[Entry, ...]
    place: Place = NOWHERE


Value = Scalar | ListValue | MapValue


@frozen
class Entry:
    """`key = value`; `block` is the form `key { … }`, without the sign."""

    key: str
    value: Value
    block: bool = False
    place: Place = NOWHERE
    trivia: Trivia = Trivia()


@frozen
class Condition:
    """`left.marker`, or an input alone (`marker` None)."""

    left: str
    marker: str | None
    place: Place = NOWHERE


@frozen
class Attribute:
    """One word of an input's declaration: `required`, `boolean`, `default = value`, `description = value`."""

    word: str
    value: Value | None = None
    place: Place = NOWHERE


@frozen
class Declared:
    """One input."""

    name: str
    attributes: tuple[Attribute, ...] = ()
    place: Place = NOWHERE
    trivia: Trivia = Trivia()


@frozen
class Statement:
    """A node, or one of the sections `meta`, `inputs` and `always`.

    `word` is the one that it begins with (`call workflow` for a run of another workflow), `name` the agent, workflow, type, script or
    provider behind it. `braces`: whether it has a block; `opened` is the comment behind `{`, `closing` are those before `}`. A
    `broken` one holds something that could not be read.
    """

    word: str
    name: Scalar | None = None
    condition: Condition | None = None
    entries: tuple[Entry, ...] = ()
    body: tuple[Statement, ...] = ()
    declared: tuple[Declared, ...] = ()
    braces: bool = True
    place: Place = NOWHERE
    opened: str | None = None
    closing: tuple[str, ...] = ()
    trivia: Trivia = Trivia()
    broken: bool = False


@frozen
class File:
    """The whole text. `rest` is what stands behind the last brace, as it is spelt."""

    name: Scalar
    items: tuple[Statement, ...] = ()
    opened: str | None = None
    closing: tuple[str, ...] = ()
    trivia: Trivia = Trivia()
    rest: str = field(default="", repr=False)
