"""What an error's text says about its kind."""

from __future__ import annotations

import pytest

from actors.node.classes import Classified, classify, normalise
from actors.node.python.failures import raised


@pytest.mark.parametrize(
    ("text", "category", "failure_class"),
    [
        ("error sending request: timed out", "provider_connect_timeout", "provider_transient"),
        ("[Errno 111] Connection refused", "provider_connect_timeout", "provider_transient"),
        ("Provider Error: unauthorized", "provider_server_error", "provider_transient"),
        ("500 Internal Server Error", "provider_server_error", "provider_transient"),
        pytest.param("authentication failed", "provider_auth", "provider_terminal", id="R37"),
        ("401 Unauthorized", "provider_auth", "provider_terminal"),
        ("division by zero", "execution_error", "contract_miss"),
        ("", "execution_error", "contract_miss"),
    ],
)
def test_the_first_words_that_fit_tell_the_category(text: str, category: str, failure_class: str) -> None:
    found = classify(text)
    assert (found.category, found.failure_class, found.trouble_outside) == (category, failure_class, category != "execution_error")


@pytest.mark.parametrize(("category", "failure_class"), [("tool_resolution_failed", "tool_resolution"), ("node_timeout", "timeout")])
def test_categories_that_no_text_tells(category: str, failure_class: str) -> None:
    assert Classified(category).failure_class == failure_class


def test_failure_classes_have_one_spelling() -> None:
    assert normalise(" Provider-Transient error ") == "provider_transient_error"


@pytest.mark.parametrize(
    ("message", "own", "failure_class", "category"),
    [
        ("connection refused", "", "provider_transient", "provider_connect_timeout"),
        ("authentication failed", "", "provider_terminal", "provider_auth"),
        ("division by zero", "", "execution_error", "execution_error"),
        ("connection refused", "Card-Declined", "card_declined", ""),
    ],
)
def test_what_a_function_raises_has_the_class_that_it_names_else_that_of_its_text(
    message: str, own: str, failure_class: str, category: str
) -> None:
    detail = {"type": "E", "message": message, "traceback": ""}
    failure = raised("m:f", detail | ({"failure_class": own} if own else {}))
    assert (failure.failure_class, failure.category, failure.detail) == (failure_class, category, detail)
