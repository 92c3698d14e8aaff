"""Text as it is compared: normalized, and as digests of parts (learning spec 4.3, 4.4). Pure."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

__all__ = ["digest", "normalize_text"]

BETWEEN_WORDS: Final = re.compile(r"[^0-9A-Za-z]+")


def normalize_text(text: str) -> str:
    """The words of ASCII letters and digits in lower case, with one space between them: every other character separates words."""
    return BETWEEN_WORDS.sub(" ", text).strip().lower()


def digest(*parts: str) -> str:
    """SHA-256 in lower-case hex over each part's UTF-8 bytes followed by a zero byte."""
    return sha256(b"".join(part.encode() + b"\0" for part in parts)).hexdigest()
