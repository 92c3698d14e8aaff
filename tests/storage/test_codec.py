"""Events become bytes and come back equal; whatever does not fit is refused with the path of its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import pytest
from attrs import Factory, frozen
from hypothesis import given
from hypothesis import strategies as st

from storage.codec import BadRecord, Codec, UnknownKind, kind_of
from storage.records import NewEvent, Recorded


@frozen
class Passed:
    value: Any = None


@frozen
class Broke:
    kind: ClassVar[str] = "broken"
    why: str
    code: int | None = None


@frozen
class NodeEnded:
    node: str
    attempt: int
    outcome: Passed | Broke = Passed()
    output: Any = None
    ratio: float = 0.0
    mode: Literal["fast", "slow"] = "fast"
    tags: tuple[str, ...] = ()
    facts: Mapping[str, Any] = Factory(dict)
    final: bool = False


@frozen
class RunCreated:
    kind: ClassVar[str] = "run_made"
    name: str = "x"


CODEC: Codec[Any] = Codec([NodeEnded, RunCreated], unions=[Passed | Broke])


def _recorded(event: NewEvent) -> Recorded:
    return Recorded(1, 2, event.kind, event.data)


def _decode(data: bytes, kind: str = "node_ended") -> Any:
    return CODEC.decode(Recorded(1, 2, kind, data))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
texts = st.text()
endings = st.builds(
    NodeEnded,
    node=texts,
    attempt=st.integers(0, 100),
    outcome=st.builds(Passed, json_values) | st.builds(Broke, texts, st.none() | st.integers(0, 255)),
    output=json_values,
    ratio=st.floats(allow_nan=False, allow_infinity=False),
    mode=st.sampled_from(["fast", "slow"]),
    tags=st.lists(texts, max_size=3).map(tuple),
    facts=st.dictionaries(texts, json_values, max_size=3),
    final=st.booleans(),
)


@given(endings)
def test_what_was_encoded_is_decoded_to_an_equal_event(event: NodeEnded) -> None:
    encoded = CODEC.encode(event)
    assert CODEC.decode(_recorded(encoded)) == event
    assert CODEC.encode(event) == encoded


def test_a_kind_is_the_class_in_snake_case_or_what_it_says_itself() -> None:
    assert [kind_of(NodeEnded), kind_of(RunCreated), kind_of(Broke)] == ["node_ended", "run_made", "broken"]
    assert CODEC.kinds == ("node_ended", "run_made")


def test_defaults_are_left_out_and_a_nested_union_is_tagged() -> None:
    assert CODEC.encode(RunCreated()).data == b"{}"
    assert CODEC.encode(NodeEnded("a", 1, Broke("it"))).data == b'{"node":"a","attempt":1,"outcome":{"why":"it","kind":"broken"}}'


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"node":"a"}', "$.attempt"),
        (b'{"node":"a","attempt":"1"}', "$.attempt"),
        (b'{"node":"a","attempt":1.0}', "$.attempt"),
        (b'{"node":"a","attempt":true}', "$.attempt"),
        (b'{"node":7,"attempt":1}', "$.node"),
        (b'{"node":"a","attempt":1,"final":1}', "$.final"),
        (b'{"node":"a","attempt":1,"ratio":"1"}', "$.ratio"),
        (b'{"node":"a","attempt":1,"mode":"odd"}', "$.mode"),
        (b'{"node":"a","attempt":1,"extra":1}', "$.extra"),
        (b'{"node":"a","attempt":1,"tags":["x",2]}', "$.tags[1]"),
        (b'{"node":"a","attempt":1,"outcome":{"kind":"odd"}}', "$.outcome"),
        (b'{"node":"a","attempt":1,"outcome":{}}', "$.outcome"),
        (b'{"node":"a","attempt":1,"outcome":{"kind":"broken","why":5}}', "$.outcome.why"),
        (b'{"node":"a","attempt":1,"outcome":{"kind":"broken","why":"x","odd":1}}', "$.outcome.odd"),
        (b"[]", "$"),
        (b"null", "$"),
        (b"{", "$"),
        (b"\xff", "$"),
        (b'{"$v":2}', "$v"),
        (b'{"$v":0}', "$v"),
        (b'{"$v":"1"}', "$v"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_path_of_the_field(data: bytes, path: str) -> None:
    with pytest.raises(BadRecord) as bad:
        _decode(data)
    assert bad.value.path == path
    assert str(bad.value).startswith(f"node_ended at {path}: ")


def test_a_whole_number_is_a_number() -> None:
    assert _decode(b'{"node":"a","attempt":1,"ratio":2}').ratio == 2.0


def test_an_unknown_kind_is_named_with_those_known() -> None:
    with pytest.raises(UnknownKind, match=r"node_gone.*node_ended, run_made"):
        _decode(b"{}", "node_gone")
    with pytest.raises(UnknownKind, match="Passed"):
        CODEC.encode(Passed())


@pytest.mark.parametrize(
    "value",
    [float("nan"), {"a": [float("inf")]}, {1: 2}, "\ud800", 2**70, b"bytes", object(), {"a": (1, {2, 3})}, RunCreated()],
)
def test_what_json_cannot_say_is_an_error_and_never_another_value(value: object) -> None:
    with pytest.raises(BadRecord):
        CODEC.encode(NodeEnded("a", 1, output=value))


def test_a_float_field_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadRecord):
        CODEC.encode(NodeEnded("a", 1, ratio=float("nan")))


def _v1(fields: dict[str, Any]) -> dict[str, Any]:
    fields["name"] = fields.pop("title")
    return fields


def _v2(fields: dict[str, Any]) -> dict[str, Any]:
    return {"name": fields["name"].upper()}


UPCASTING: Codec[RunCreated] = Codec([RunCreated], upcasters={("run_made", 1): _v1, ("run_made", 2): _v2})


@pytest.mark.parametrize("data", [b'{"title":"abc"}', b'{"$v":2,"name":"abc"}', b'{"$v":3,"name":"ABC"}'])
def test_every_former_version_is_brought_up_to_date_step_by_step(data: bytes) -> None:
    assert UPCASTING.decode(Recorded(1, 2, "run_made", data)) == RunCreated("ABC")


def test_new_events_say_their_version_when_there_were_others() -> None:
    assert UPCASTING.encode(RunCreated("ABC")).data == b'{"name":"ABC","$v":3}'


def test_an_upcaster_that_cannot_read_its_version_is_a_bad_record() -> None:
    with pytest.raises(BadRecord, match="version 1 to 2"):
        UPCASTING.decode(Recorded(1, 2, "run_made", b"{}"))


def test_a_gap_between_upcasters_and_a_kind_used_twice_are_mistakes_of_ours() -> None:
    with pytest.raises(ValueError, match="gap"):
        Codec([RunCreated], upcasters={("run_made", 2): _v2})
    with pytest.raises(ValueError, match="same kind"):
        Codec([RunCreated, type("RunMade", (RunCreated,), {})])
