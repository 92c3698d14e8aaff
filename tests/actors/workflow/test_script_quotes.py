"""A placeholder in shell text stands only where a quoted value cannot break out: judged, and tried with a real shell."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.workflow.script_quotes import placeholder_in_quotes
from actors.workflow.template import TemplateError, references, render_text

SAFE = [
    "echo {{ v }}", "{{ v }}", "a={{ v }} b", "echo a{{ v }}b", "echo 'x' {{ v }} \"y\"", "echo $(echo {{ v }})", "( echo {{ v }} )",
    "echo # it's\necho {{ v }}",
    "echo foo#{{ v }}", "cat <<EOF\nit's\nEOF\necho {{ v }}", "cat <<-'END'\n\tx\n\tEND\necho {{ v }}", 'x="$(date)"; echo {{ v }}',
    "echo ${HOME} {{ v }}",
    'echo "${HOME:-x}" {{ v }}', "echo $((1+2)) {{ v }}", "echo `date` {{ v }}", "cat <<< {{ v }}", "echo \\' {{ v }}",
    'echo "\\"" {{ v }}', "if true; then echo {{ v }}; fi",
    "f() { echo {{ v }}; }; f", "case x in x) echo {{ v }};; esac", "echo $'a' {{ v }}", "echo {a,{{ v }}}", "echo $HOME{{ v }}",
    "echo \\\n{{ v }}", "echo $1 {{ v }}",
    "echo \"a'b\" {{ v }}", "echo 'a\"b' {{ v }}", 'echo "$(echo "x")" {{ v }}', "cat <<A <<B\nx\nA\ny\nB\necho {{ v }}",
    "echo $ {{ v }}", "echo '#' {{ v }}", "echo a\\#{{ v }}",
    "no placeholder 'at all", "echo ${#HOME} {{ v }}", "echo ${HOME#a} {{ v }}",
]  # fmt: skip
UNSAFE = {
    "echo '{{ v }}'": "single quotes", 'echo "{{ v }}"': "double quotes", "echo `echo {{ v }}`": "backticks", "# {{ v }}": "comment",
    "true; #{{ v }}": "comment",
    "cat <<EOF\n{{ v }}\nEOF": "here-document", "cat <<-'E'\n\t{{ v }}\n\tE": "here-document", "cat << \\E\n{{ v }}\nE": "here-document",
    "echo ${x:-{{ v }}}": "inside",
    "echo $(( {{ v }} ))": "arithmetic", "(( x = {{ v }} ))": "arithmetic", "echo \\{{ v }}": "backslash",
    "echo ${{ v }}": "right after a $", 'echo "$(echo {{ v }})"': "double quotes",
    'echo "`echo {{ v }}`"': "double quotes", "echo $'a\\'' {{ v }}": "single quotes", 'echo "${x:-"y"}" {{ v }}': "differently",
    "echo ${x:-'y'} {{ v }}": "differently",
    "cat <<{{ v }}\nx": "differently", 'echo "$(case a in a) echo "{{ v }}";; esac)"': "differently",
    "cat <<E\nx\n{{ v }}": "here-document", "echo $(( (1) )) {{ v }}": "differently",
    'echo "$(echo `x`)" `echo "`{{ v }}`"`': "in", "$(case a in a) true;; esac); echo {{ v }}": "differently",
    'echo $"{{ v }}"': "double quotes", "echo $'\\": "",
    "echo '\\' {{ v }} '": "", 'echo "\\"{{ v }}"': "double quotes", "echo \\\\\\{{ v }}": "backslash",
}  # fmt: skip


@pytest.mark.parametrize("text", SAFE)
def test_a_placeholder_among_plain_words_is_right(text: str) -> None:
    assert placeholder_in_quotes(text) is None


@pytest.mark.parametrize(("text", "where"), [(text, where) for text, where in UNSAFE.items() if where])
def test_a_placeholder_where_a_value_could_break_out_is_refused(text: str, where: str) -> None:
    found = placeholder_in_quotes(text)
    assert found is not None
    assert where in found.where
    assert found.placeholder == "{{ v }}"


HOSTILE = ["'; echo PWNED; '", '"; echo PWNED; "', "$(echo PWNED)", "`echo PWNED`", "\necho PWNED\n", "\\'; echo PWNED #",
"'\necho PWNED\n'", "\\", ")); echo PWNED; ((", "}; echo PWNED; {",
           "EOF\necho PWNED\n", "x\nE\necho PWNED\n'"]  # fmt: skip


def executed(text: str, value: str) -> bool:
    """Whether the value ran as a command when the text was executed: the marker is put together by the shell alone."""
    script = render_text(text, {"v": value.replace("echo PWNED", "printf 'PW%s' NED >&2")}, quote=True)
    for shell in ("sh", "bash"):
        done = subprocess.run([shell, "-c", script], capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL, check=False)
        if "PWNED" in done.stderr:
            return True
    return False


@pytest.mark.parametrize("text", [text for text in SAFE if "{{" in text])
def test_no_hostile_value_runs_in_a_text_that_was_let_through(text: str) -> None:
    assert not any(executed(text, value) for value in HOSTILE)


def test_the_trial_sees_a_value_that_breaks_out() -> None:
    assert executed('eval "x"\necho "{{ v }}"', "$(echo PWNED)")
    assert executed("echo '{{ v }}'", "; echo PWNED; ")


def sound(text: str) -> bool:
    """Whether the text is a template with a value in it."""
    try:
        return bool(references(text))
    except TemplateError:
        return False


PIECES = st.sampled_from(
    ["'", '"', "`", "\\", "\n", " ", "#", "$(", ")", "${", "}", "$((", "))", "(", "<<E", "E\n", "$'", "$", "{{ v }}", "{{ v }}", "echo ",
    "x", ";", "case ", "esac"]
)  # fmt: skip


@settings(max_examples=150)
@example(pieces=["echo ", "$'", "\\", "'", "'", " ", "{{ v }}"])
@given(pieces=st.lists(PIECES, min_size=2, max_size=9))
def test_what_is_let_through_never_runs_a_value(pieces: list[str]) -> None:
    text = "".join(pieces)
    if sound(text) and placeholder_in_quotes(text) is None:
        assert not executed(text, "'\necho PWNED\n'")
        assert not executed(text, "\\'\necho PWNED\n$(echo PWNED)`echo PWNED`")


def test_literal_text_of_a_placeholder_is_part_of_the_script() -> None:
    assert placeholder_in_quotes('echo {{ "\'" }}{{ v }}') is not None
    assert placeholder_in_quotes("docker ps --format {{ '{{' }}.Names}} {{ v }}") is None


def test_what_is_no_template_is_left_to_another_check() -> None:
    assert placeholder_in_quotes("echo '{{ a b }}'") is None
