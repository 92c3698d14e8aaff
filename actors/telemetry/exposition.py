"""Numbers in the text format that Prometheus reads (version 0.0.4). Pure.

Forty lines instead of a library: what is counted is counted already, and `prometheus_client` takes 75 ms to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from attrs import Factory, frozen

__all__ = ["Family", "Sample", "histogram", "plain", "render"]

Kind = Literal["counter", "gauge", "histogram"]


@frozen
class Sample:
    """One value. `suffix` follows the family's name: `_total`, `_bucket`, `_sum`, `_count`, or nothing."""

    value: float
    labels: Mapping[str, str] = Factory(dict)
    suffix: str = ""


@frozen
class Family:
    """All values of one name; `name` has its unit and not yet the suffix."""

    name: str
    kind: Kind
    says: str
    samples: tuple[Sample, ...]


def plain(name: str, kind: Kind, says: str, value: float | Mapping[str, float], label: str = "") -> Family:
    """A family with one value, or one for each word of one label."""
    suffix = "_total" if kind == "counter" else ""
    values = {"": value} if isinstance(value, int | float) else value
    return Family(name, kind, says, tuple(Sample(one, {label: word} if label else {}, suffix) for word, one in values.items()))


def histogram(name: str, says: str, bounds: Iterable[float], counts: Iterable[int], total: float) -> Family:
    """`counts` are those of each bound alone, and of what is above all; they are summed up here."""
    samples, so_far = [], 0
    for bound, count in zip((*bounds, None), counts, strict=True):
        so_far += count
        samples.append(Sample(so_far, {"le": "+Inf" if bound is None else f"{bound:g}"}, "_bucket"))
    return Family(name, "histogram", says, (*samples, Sample(total, suffix="_sum"), Sample(so_far, suffix="_count")))


def render(families: Iterable[Family]) -> str:
    """The text, a family without values left out."""
    return "".join(f"{line}\n" for family in families if family.samples for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    # In this version of the format a counter's own lines carry the suffix, too.
    name = f"{family.name}_total" if family.kind == "counter" else family.name
    yield f"# HELP {name} {family.says}"
    yield f"# TYPE {name} {family.kind}"
    for sample in family.samples:
        labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in sample.labels.items())
        yield f"{family.name}{sample.suffix}{'{' + labels + '}' if labels else ''} {_number(sample.value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
