"""Names that this process makes up."""

from __future__ import annotations

import os

__all__ = ["new_request_id"]


def new_request_id() -> str:
    """A name for one change, used again when the same change is tried again."""
    return f"req-{os.urandom(16).hex()}"
