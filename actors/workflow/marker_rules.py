"""The rules by which a schema reads markers off an answer: `findings[severity == high].length > 1` and its kin (flow spec 8.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

__all__ = ["FORMS", "USUAL", "MarkerRule", "markers_of", "read_rule"]

FORMS: Final = ("f[sub == value].length > n", "f.length > n", "f == value", "f < n", "f > n")
"""How a rule is written; the length is also compared with `==` and `<`."""
LONGEST: Final = 500
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_-]*+"
_PICKED: Final = re.compile(rf"({_NAME})\s*+\[\s*+({_NAME})\s*+==\s*+([^=<>\]\s\"'][^\]]*+)\]\s*+\.length\s*+(==|<|>)\s*+(\d{{1,9}})")
_LENGTH: Final = re.compile(rf"({_NAME})\s*+\.length\s*+(==|<|>)\s*+(\d{{1,9}})")
_EQUAL: Final = re.compile(rf"({_NAME})\s*+==\s*+([^=<>\s\"'].*+)", re.DOTALL)
_ORDER: Final = re.compile(rf"({_NAME})\s*+(<|>)\s*+(-?\d{{1,15}}(?:\.\d{{1,15}})?)")
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "==": lambda left, right: left == right, "<": lambda left, right: left < right, ">": lambda left, right: left > right,
}  # fmt: skip


@frozen
class MarkerRule:
    """One rule on the field `field`. `sub` and `value` pick the objects of a list that count; `length`: how many there are is compared.

    Without `length` the field itself is compared with `value`, by `op`.
    """

    field: str
    op: str
    value: str
    sub: str = ""
    picked: str = ""
    length: bool = False

    def holds(self, answer: Mapping[str, Any]) -> bool:
        """Whether it is so in the answer; a field that is not there, or of another type, makes it false."""
        found = answer.get(self.field)
        if self.sub:
            return isinstance(found, list | tuple) and self._compares(sum(self._picks(one) for one in found))
        if self.length:
            return isinstance(found, list | tuple | str) and self._compares(len(found))
        if self.op == "==":
            return _same(found, self.value)
        return isinstance(found, int | float) and not isinstance(found, bool) and self._compares(found)

    def _picks(self, one: Any) -> bool:
        return isinstance(one, Mapping) and _same(one.get(self.sub), self.picked)

    def _compares(self, left: float) -> bool:
        return _COMPARE[self.op](left, float(self.value))


USUAL: Final[dict[str, MarkerRule]] = {
    "not_approved": MarkerRule("approved", "==", "false"),
    "has_findings": MarkerRule("findings", ">", "0", length=True),
    "has_critical_findings": MarkerRule("findings", ">", "0", "severity", "critical", length=True),
    "has_high_findings": MarkerRule("findings", ">", "0", "severity", "high", length=True),
}
"""The markers of a schema that has no rules of its own."""


def read_rule(text: str) -> MarkerRule | None:
    """The rule in a text; None for one that is none: it would never hold, and nobody should wait for its marker."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if found := _PICKED.fullmatch(text):
        return MarkerRule(found[1], found[4], found[5], found[2], found[3].strip(), length=True)
    if found := _LENGTH.fullmatch(text):
        return MarkerRule(found[1], found[2], found[3], length=True)
    if found := _ORDER.fullmatch(text):
        return MarkerRule(found[1], found[2], found[3])
    found = _EQUAL.fullmatch(text)
    return None if found is None else MarkerRule(found[1], "==", found[2].strip())


def markers_of(rules: Mapping[str, str] | None, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The markers that an answer has by these rules, sorted; None: by the usual ones."""
    if rules is None:
        return tuple(sorted(name for name, rule in USUAL.items() if rule.holds(answer)))
    return tuple(sorted(name for name, text in rules.items() if (rule := read_rule(text)) is not None and rule.holds(answer)))


def _same(found: Any, text: str) -> bool:
    """Values are written without quotes: a field is compared with the word, and a number also as a number."""
    if isinstance(found, bool):
        return text == ("true" if found else "false")
    if isinstance(found, str):
        return found == text
    return isinstance(found, int | float) and _number(text) == found


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", text) else None
