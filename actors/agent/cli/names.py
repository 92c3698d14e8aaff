"""Names that stand on a command line: of models and of sessions. Pure."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["sound"]

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")


def sound(word: str) -> bool:
    """Whether it cannot be taken for an option."""
    return _WORD.fullmatch(word) is not None
