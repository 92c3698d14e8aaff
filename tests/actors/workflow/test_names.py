from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.names import free_id, is_id, provider_name, slug


@pytest.mark.parametrize("text", ["a", "0", "a.b-c_d", "a" * 128, "review.2"])
def test_an_id_is_harmless_as_a_file_name(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "A", "-a", ".a", "_a", "a/b", "a..b", "a\n", "a" * 129, "ä", "a b", "a\0"])
def test_everything_else_is_no_id(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize(
    ("text", "made"),
    [("Release Notes", "release-notes"), ("Ünits", "n-nits"), ("_x", "n_x"), ("", "n"), ("a..b", "a.b"),
     ("X" * 200, "x" * 120)],
)  # fmt: skip
def test_a_slug_is_lower_case_with_dashes(text: str, made: str) -> None:
    assert slug(text) == made


@pytest.mark.parametrize(
    ("text", "name"), [("openai", "openai"), ("  GitHub\n", "github"), ("a.b-1", "a.b-1"), ("", None), ("a b", None), ("a:b", None)]
)
def test_a_provider_is_named_in_one_way(text: str, name: str | None) -> None:
    assert provider_name(text) == name


@given(st.text())
def test_every_slug_is_an_id(text: str) -> None:
    assert is_id(slug(text))


def test_a_taken_id_gets_the_smallest_free_number_from_two() -> None:
    assert free_id("a", {}) == ("a", 2)
    assert free_id("a", {"a", "a.2", "a.4"}) == ("a.3", 4)
    assert free_id("a", {"a", "a.2", "a.3", "a.4"}, 4) == ("a.5", 6)
