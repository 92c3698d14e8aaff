"""The price of a call: a table of models, and what the tokens of one answer come to (engine spec 8). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import Factory, frozen

__all__ = ["Cost", "Price", "PriceTable", "PricesInvalid", "read_table"]

DATED: Final = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")
NAMES: Final = ("input", "output", "cached")
DEAREST: Final = 1_000.0
MOST: Final = 10_000


class PricesInvalid(ValueError):
    """The table cannot be used; the text says where and why."""

    code = "prices_invalid"
    exit_code = 78


@frozen
class Price:
    """USD for 1,000 tokens; `cached` is for input that the service still knew."""

    input: float
    output: float
    cached: float


@frozen
class Cost:
    """USD, rounded to billionths. `priced` is false where nobody knows the price, and the numbers are 0."""

    input: float = 0.0
    output: float = 0.0
    priced: bool = True

    @property
    def total(self) -> float:
        """Both together."""
        return round(self.input + self.output, 9)


@frozen
class PriceTable:
    """Prices by model. `as_of` is the day on which they were looked up."""

    as_of: str = ""
    models: Mapping[str, Price] = Factory(dict)

    def of(self, model: str) -> Price | None:
        """The price of the model; one with a date behind its name costs what the one without it does."""
        return self.models.get(model) or self.models.get(DATED.sub("", model))

    def cost(self, model: str, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> Cost:
        """What a call comes to. `cached_tokens` are part of the input."""
        price = self.of(model)
        if price is None:
            return Cost(priced=False)
        cached = min(cached_tokens, input_tokens)
        asked = ((input_tokens - cached) * price.input + cached * price.cached) / 1_000
        return Cost(round(asked, 9), round(output_tokens * price.output / 1_000, 9))

    def with_(self, other: PriceTable) -> PriceTable:
        """The table with the other's prices in place of its own where both have one."""
        return PriceTable(other.as_of or self.as_of, {**self.models, **other.models})


def read_table(data: Any) -> PriceTable:
    """The table in `{"as_of": "2026-01-31", "models": {name: {"input": …, "output": …, "cached": …}}}`. Raises PricesInvalid."""
    if type(data) is not dict or type(data.get("models")) is not dict or len(data["models"]) > MOST:
        raise PricesInvalid('a table of prices is {"as_of": day, "models": {name: {"input": USD for 1,000 tokens, "output": …}}}')
    models = {str(name): _price(str(name), entry) for name, entry in data["models"].items()}
    return PriceTable(str(data.get("as_of") or ""), models)


def _price(name: str, entry: Any) -> Price:
    if type(entry) is not dict or not {"input", "output"} <= entry.keys() <= set(NAMES):
        raise PricesInvalid(f"{name}: a price has input, output and, where it differs, cached")
    for key in entry:
        if type(entry[key]) not in (int, float) or not 0 <= entry[key] <= DEAREST:
            raise PricesInvalid(f"{name}.{key}: {entry[key]!r} is no price; it is USD for 1,000 tokens, from 0 to {DEAREST:g}")
    return Price(float(entry["input"]), float(entry["output"]), float(entry["cached"] if "cached" in entry else entry["input"]))
