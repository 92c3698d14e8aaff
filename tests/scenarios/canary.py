"""A secret that every model says in each of its answers: after a story it is to be found nowhere, in none of its forms."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from actors.config.secrets import SecretSource
from actors.secrets.forms import forms_of

__all__ = ["CANARY", "canary_in", "leaks", "told_of"]

CANARY: Final = 'canary/7Q~x"9f2+kept'
_FORMS: Final = forms_of(CANARY)


def canary_in(folder: Path) -> SecretSource:
    """The secret in a file of the house, outside its data."""
    file = folder / "canary"
    file.touch(0o600)
    file.write_text(CANARY)
    return SecretSource("canary", file=str(file))


def told_of(data: bytes) -> bool:
    """Whether the canary can be read from it."""
    return any(form in data for form in _FORMS)


def leaks(folder: Path) -> list[str]:
    """The files below the folder in which the canary stands: database, contents, logs, reports, all of them."""
    return [f"canary: in {file.relative_to(folder)}" for file in folder.rglob("*") if file.is_file() and told_of(file.read_bytes())]
