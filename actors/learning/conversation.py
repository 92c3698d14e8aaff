"""Facts in a conversation: lines that say themselves what they are, as `Decision: …`. No model is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import frozen

__all__ = ["Found", "facts_in"]

IMPORTANCE: Final = {"decision": 0.9, "preference": 0.8, "lesson": 0.8, "fact": 0.7, "outcome": 0.6, "note": 0.4}
"""What a line may begin with, and how much that counts: a note falls under the default threshold."""
_MARKS: Final = " \t>*#-"


@frozen
class Found:
    """One fact; `importance` lies between 0 and 1."""

    content: str
    category: str
    importance: float
    fact_id: str | None = None


def facts_in(texts: Iterable[str]) -> Iterator[Found]:
    """In the order in which they were said; marks of lists and headings before the word do not matter, nor does its case."""
    for text in texts:
        for line in text.splitlines():
            word, _, rest = line.lstrip(_MARKS).partition(":")
            category, content = word.rstrip(_MARKS).lower(), rest.lstrip(_MARKS).rstrip()
            if content and category in IMPORTANCE:
                yield Found(content, category, IMPORTANCE[category])
