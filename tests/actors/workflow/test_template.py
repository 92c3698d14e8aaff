from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.template import Lookup, TemplateError, parse_template, references, render, render_text

SCOPE: dict[str, Any] = {
    "inputs": {"name": "Ada", "n": 3, "on": True, "none": None, "odd name": "x"},
    "nodes": {"review.2": {"output": {"items": [1, {"deep": "y"}]}}, "good-enough": {"output": "ok"}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ inputs.n }}", 3), ("{{inputs.n}}", 3), ("{{ inputs.on }}", True), ("{{ inputs.none }}", None),
        ('{{ nodes["review.2"].output.items }}', [1, {"deep": "y"}]), ("{{ nodes.good-enough.output }}", "ok"),
        ("{{ nodes['review.2'].output.items[1].deep }}", "y"), ('{{ inputs["odd name"] }}', "x"),
        (" {{ inputs.n }}", " 3"), ("{{ inputs.n }}{{ inputs.n }}", "33"), ("a {{ inputs.on }} b", "a true b"),
        ("-{{ inputs.none }}-", "-null-"),
        ('{{ nodes["review.2"].output }}!', '{"items":[1,{"deep":"y"}]}!'), ("plain", "plain"), ("a } b {", "a } b {"), ("", ""),
        ('{{ "{{" }}.Names{{ \'}}\' }}', "{{.Names}}"), ('{{ "" }}', ""),
    ],
)  # fmt: skip
def test_a_lone_placeholder_keeps_its_type_and_all_else_is_text(text: str, value: Any) -> None:
    assert render(text, SCOPE) == value


def test_mappings_and_lists_are_rendered_at_every_depth_but_not_their_keys() -> None:
    value = {"a": ["{{ inputs.n }}", {"{{ inputs.n }}": "{{ inputs.name }}"}], "b": 1.5}
    assert render(value, SCOPE) == {"a": [3, {"{{ inputs.n }}": "Ada"}], "b": 1.5}


def test_a_substituted_value_is_never_scanned_again() -> None:
    assert render_text("x{{ inputs.a }}", {"inputs": {"a": "{{ inputs.b }}"}}) == "x{{ inputs.b }}"


def test_text_stays_text_even_when_it_is_one_placeholder() -> None:
    assert render_text("{{ inputs.n }}", SCOPE) == "3"
    assert render_text("é{{ inputs.name }}", SCOPE) == "éAda"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{ inputs.other }}", "inputs.other"), ("{{ nobody }}", "nobody"), ("{{ inputs.name.length }}", "inputs.name.length"),
        ("{{ inputs[0] }}", "inputs[0]"), ('{{ nodes["review.2"].output.items[2] }}', 'nodes["review.2"].output.items[2]'),
        ('{{ nodes["review.2"].output.items.first }}', 'nodes["review.2"].output.items.first'),
    ],
)  # fmt: skip
def test_an_unknown_path_is_an_error_that_names_it(text: str, path: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(text, SCOPE)
    assert (caught.value.code, caught.value.path) == ("reference_unknown", path)
    assert path in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "{{", "{{ }}", "{{ inputs.a", "{{ a + b }}", "{{ a() }}", "{{ a | upper }}",
        "{{ inputs..a }}", "{{ .a }}", "{{ a. }}", "{{ a[-1] }}",
        "{{ a[b] }}", "{{ 1 }}", "{{ a b }}", "{{ {{ a }} }}", '{{ a["b }}', "{{ 'a' 'b' }}", "{{ a['b'] c }}", "{% if %}{{ a }",
        "{{ a.b }",
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(text, SCOPE)
    assert caught.value.code == "template_syntax"


def test_references_are_listed_in_order_without_repetition() -> None:
    value = {"x": ["{{ a.b }} {{ c }}", "{{ a.b }}"], "y": ("{{ d[0] }}", 'lit {{ "{{" }}'), "z": 1}
    assert [lookup.path for lookup in references(value)] == [("a", "b"), ("c",), ("d", 0)]


@pytest.mark.parametrize(
    ("value", "word"),
    [("a b", "'a b'"), ("it's", "'it'\"'\"'s'"), ("", "''"), ("2", "'2'"), ("A=b", "'A=b'"), (5, "'5'"),
     ([1, "x"], "'[1,\"x\"]'"), ("$(x)\n", "'$(x)\n'")],
)  # fmt: skip
def test_a_quoted_value_is_always_one_word(value: Any, word: str) -> None:
    assert render_text("{{ v }}", {"v": value}, quote=True) == word


def test_a_nul_cannot_be_quoted() -> None:
    with pytest.raises(TemplateError) as caught:
        render_text("{{ v }}", {"v": "a\0b"}, quote=True)
    assert caught.value.code == "value_not_quotable"


def test_a_text_is_parsed_once() -> None:
    assert parse_template("x {{ a.b }}") is parse_template("x {{ a.b }}")
    assert parse_template("x {{ a.b }}") == ("x ", Lookup(("a", "b"), "a.b"))


class Trap:
    """An object of the host: nothing of it may be reached."""

    secret = "leaked"

    def __getitem__(self, key: object) -> str:
        return "leaked"


@pytest.mark.parametrize(
    "text",
    [
        "{{ t.secret }}", "{{ t.__class__ }}", "{{ t['secret'] }}", "{{ t[0] }}", "{{ inputs.__class__.__mro__[1].__subclasses__ }}",
        "{{ inputs.keys }}", "{{ l.append }}", "{{ l.__len__ }}", "{{ s.upper }}", "{{ s.__class__ }}", "{{ inputs['__class__'] }}",
        "{{ self.__init__.__globals__ }}", "{{ config }}", "{{ ''.__class__ }}", "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ $json.constructor.constructor('return process')() }}", "{{ [].class.base.subclasses() }}", "{{ t.__getitem__ }}",
    ],
)  # fmt: skip
def test_no_path_reaches_an_attribute_of_an_object(text: str) -> None:
    with pytest.raises(TemplateError):
        render(text, {"t": Trap(), "inputs": {}, "l": [], "s": "text"})


@given(st.text(alphabet="{}ab. [\"']0|_-\n", max_size=30))
def test_no_text_raises_anything_but_a_template_error(text: str) -> None:
    with suppress(TemplateError):
        references(text)
        assert render_text(text, {"a": {"b": "c"}}) is not None
