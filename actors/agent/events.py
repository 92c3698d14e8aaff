"""The facts about whom people consent to."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["PersonaConsentGiven", "PersonaConsentWithdrawn"]


@frozen
class PersonaConsentGiven(Fact):
    """Somebody has consented to a persona as it is (`sha256` of its content): from now on runs may be bound to it."""

    kind: ClassVar[str] = "persona_consent_given"
    sha256: str
    by: str
    persona: str = ""


@frozen
class PersonaConsentWithdrawn(Fact):
    """The consent is withdrawn: no run is bound to it any more. Those that are, stay so."""

    kind: ClassVar[str] = "persona_consent_withdrawn"
    sha256: str
    by: str
    persona: str = ""
