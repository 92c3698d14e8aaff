"""Dead letters as they are stored: one by its name, and all for which a retry was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actors.dead_letter.events import letter_codec
from actors.dead_letter.letter import KIND, PENDING, Letter, fold_letter
from storage import Unavailable

if TYPE_CHECKING:
    from storage import Headline
    from storage.store import Store

__all__ = ["LetterUnreadable", "pending_lines", "read_letter"]

PAGE = 200


class LetterUnreadable(Exception):
    """The log of a letter cannot be folded: the message says which, and why."""


def read_letter(store: Store, letter_id: str) -> Letter | None:
    """The letter of that name, or None. Raises LetterUnreadable."""
    line = store.catalog.get(letter_id)
    if line is None or line.kind != KIND:
        return None
    try:
        return fold_letter(letter_id, ((letter_codec().decode(found), found.at_ms) for found in store.journal.read(letter_id)))
    except Unavailable:
        raise
    except Exception as error:
        raise LetterUnreadable(f"the log of {letter_id} cannot be read: {type(error).__name__}: {error}") from error


def pending_lines(store: Store) -> Iterator[Headline]:
    """The lines of all letters for which a retry was asked, newest first."""
    before: str | None = None
    while lines := store.catalog.list(KIND, PENDING, limit=PAGE, before=before):
        yield from lines
        before = lines[-1].stream
