"""Rates, ratios and money, so that no result hangs on the last bit of a double (optimization spec, conventions). Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

__all__ = ["exact", "round9"]

_WIDE = Context(prec=400)
"""Room for every finite double with 9 places."""


def round9(value: float | Decimal) -> Decimal:
    """The number by its shortest decimal text, half-even to 9 places. It must be finite."""
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    return number.quantize(Decimal("1e-9"), ROUND_HALF_EVEN, _WIDE)


def exact(value: float | Decimal) -> float:
    """The same for a record: a double whose shortest text has at most 9 places."""
    return float(round9(value))
