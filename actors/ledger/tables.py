"""Where prices come from: the table that is shipped, and a file of one's own over it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from actors.ledger.prices import PricesInvalid, PriceTable, read_table
from storage.strict_json import BadJson, loads_strict

__all__ = ["price_table", "shipped"]

LARGEST = 1 << 20
"""Models at most, and keys."""


@cache
def shipped() -> PriceTable:
    """The table of this release."""
    return read_table(loads_strict(Path(__file__).with_name("prices.json").read_bytes()))


def price_table(file: Path | None) -> PriceTable:
    """The shipped prices, and over them those of the file. Raises PricesInvalid, naming the file, where it cannot be used."""
    if file is None:
        return shipped()
    try:
        return shipped().with_(read_table(loads_strict(file.read_bytes(), keys=LARGEST)))
    except (OSError, BadJson, PricesInvalid) as error:
        raise PricesInvalid(f"the prices in {file} cannot be used: {error}") from error
