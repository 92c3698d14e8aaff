"""What a workflow asks for of the secrets that there are. Pure."""

from __future__ import annotations

from actors.refusals import Refusal
from actors.run.plan import Plan
from actors.settings import RunRules

__all__ = ["unknown_secrets"]


def unknown_secrets(plan: Plan, rules: RunRules) -> Refusal | None:
    """A refusal where the workflow names a secret that the settings do not have."""
    missing = [name for name in plan.secrets if name not in rules.secrets]
    if not missing:
        return None
    first, known = missing[0], ", ".join(sorted(rules.secrets)) or "none"
    text = (
        f"The workflow gives its steps secrets.{first}, and the settings have no such secret; they have: {known}. "
        f'Add [secrets.{first}] to them, or write {{{{ "secrets.{first}" }}}} where the text itself is meant.'
    )
    return Refusal("secret_unknown", text, {"secrets": missing})
