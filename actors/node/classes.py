"""What an error's text says about its kind, and the class that decides about retries (runs spec 7.3). Pure."""

from __future__ import annotations

from typing import Final

from attrs import frozen

__all__ = ["Classified", "classify", "normalise"]

WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("provider_connect_timeout", (
        "provider unreachable", "error sending request", "request error", "connect error", "connect timeout", "connection refused",
        "dns error", "timed out",
    )),
    ("provider_server_error", ("provider error", "stream chunk error", "provider_server_error", "server error")),
    ("provider_auth", ("authentication", "unauthorized")),
)  # fmt: skip
"""Categories and the words that tell them; the first match counts."""
CLASSES: Final = {
    "provider_connect_timeout": "provider_transient", "provider_server_error": "provider_transient", "provider_auth": "provider_terminal",
    "tool_resolution_failed": "tool_resolution", "node_timeout": "timeout",
}  # fmt: skip


@frozen
class Classified:
    """The category of an error, and its failure class."""

    category: str

    @property
    def failure_class(self) -> str:
        """What retry policies name."""
        return CLASSES.get(self.category, "contract_miss")

    @property
    def trouble_outside(self) -> bool:
        """Whether something that the node talks to is in trouble, and not the node's own work."""
        return self.category in CLASSES


def classify(text: str) -> Classified:
    """The category that the text of an error tells, `execution_error` where it tells none."""
    said = text.lower()
    return Classified(next((name for name, words in WORDS if any(word in said for word in words)), "execution_error"))


def normalise(word: str) -> str:
    """One spelling of a failure class: trimmed, lower case, underscores."""
    return word.strip().lower().replace("-", "_").replace(" ", "_")
