"""The rules of texts that hang on what placeholders hold in this workflow: paths, or the exact names of variables."""

from __future__ import annotations

import re
from typing import Final

from actors.flow.substitution import names_in
from actors.workflow.drafts import Draft
from actors.workflow.problems import Path, Report
from actors.workflow.script_quotes import placeholder_in_quotes
from actors.workflow.spec import Shell

__all__ = ["check_texts"]

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
PATHS: Final = re.compile(r"(inputs|nodes|run|env|vars|error)[.\[].*", re.DOTALL)


def check_texts(report: Report, draft: Draft, *, flat: bool) -> None:
    """Add what is wrong with the texts of a node, whatever their placeholders name."""
    _check_script(report, draft, flat=flat)
    if not flat:
        return
    for path, _ in draft.bindings:
        message = "Placeholders are the names of variables in this workflow, and a binding names a node. Write the name of a variable."
        report.add("binding_in_flat_workflow", path, message, allowed=["{{name}}"])
    for path, value in (*draft.templates, *draft.item_templates, *draft.error_templates):
        _check_names(report, path, value)


def _check_script(report: Report, draft: Draft, *, flat: bool) -> None:
    action = draft.node.action
    if isinstance(action, Shell) and (bad := placeholder_in_quotes(action.run, flat=flat)):
        message = (
            f"The placeholder {bad.placeholder} stands {bad.where}, where its value could break out. Take it out of there, since each "
            "value is quoted for you, or hand it over as an environment variable under env."
        )
        report.add("script_placeholder_in_quotes", draft.form.at("shell", "run"), message, found=bad.placeholder)


def _check_names(report: Report, path: Path, value: object) -> None:
    """A name that is written as if white space or paths meant anything is most likely a mistake, and is the name of nothing."""
    for name in names_in(value):
        bare = name.strip()
        if PATHS.fullmatch(bare) or (bare != name and NAME.fullmatch(bare)):
            shown = f"{{{{{name[:80]}}}}}"
            message = f"{shown} is no name of a variable: names are exact, without white space and paths. Unknown ones become nothing."
            report.warn("placeholder_not_a_name", path, message, found=shown, allowed=["{{name}}"])
