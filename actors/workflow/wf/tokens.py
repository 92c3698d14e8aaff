"""The words of a `.wf` text and their kinds. Pure data (flow spec 2.1)."""

from __future__ import annotations

from typing import Final, Literal

from attrs import define

from actors.workflow.problems import Place

__all__ = ["KEYS", "KEYWORDS", "NODE_WORDS", "NO_NAMES", "Kind", "Token"]

Kind = Literal["word", "number", "string", "punctuation", "end"]

KEYWORDS: Final = frozenset((
    "workflow", "meta", "inputs", "call", "if", "unless", "while", "do", "parallel", "gate", "always", "script", "foreach", "required",
    "default", "description", "boolean",
))  # fmt: skip
# The only keywords that are no names, wherever they stand.
NO_NAMES: Final = frozenset(("meta", "do"))
# The keywords that may be the key of a pair; all other words may be one anyway.
KEYS: Final = frozenset(("required", "default", "description", "if", "workflow", "inputs"))
NODE_WORDS: Final = ("call", "if", "unless", "while", "do", "parallel", "gate", "always", "script", "foreach")


@define  # and not frozen: that would take three times as long for each of a hundred thousand words
class Token:
    """One word. `text` is what it says (a string without quotes, escapes resolved), `raw` how it is spelt.

    `before` are the lines of comment in front of it, with "" for an empty line; `tail` is the comment that ends the line of the token
    in front of it. `end` is where it ends in the text.
    """

    kind: Kind
    text: str
    raw: str
    place: Place
    end: int
    before: tuple[str, ...] = ()
    tail: str | None = None

    def is_(self, *marks: str) -> bool:
        """Whether it is one of these signs or keywords."""
        return self.kind in {"word", "punctuation"} and self.text in marks

    @property
    def is_name(self) -> bool:
        """Whether it may be a name: any word but `meta` and `do`."""
        return self.kind == "word" and self.text not in NO_NAMES

    @property
    def is_key(self) -> bool:
        """Whether it may be the key of a pair."""
        return self.kind == "word" and (self.text not in KEYWORDS or self.text in KEYS)

    @property
    def shown(self) -> str:
        """As messages quote it."""
        return "the end of the file" if self.kind == "end" else self.raw if len(self.raw) <= 60 else self.raw[:57] + "…"
