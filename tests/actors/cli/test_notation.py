from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.cli.main import cli

UGLY = 'workflow  w { script s { run = "true" } } // end\n'
PRETTY = 'workflow w {\n  script s { run = "true" }\n} // end\n'


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def test_fmt_gives_files_the_one_layout_and_keeps_their_mode(tmp_path: Path) -> None:
    ugly, pretty, link = tmp_path / "ugly.wf", tmp_path / "pretty.wf", tmp_path / "link.wf"
    ugly.write_text(UGLY)
    ugly.chmod(0o640)
    pretty.write_text(PRETTY)
    link.symlink_to(ugly)
    checked = call("fmt", "--check", ugly, pretty)
    assert (checked.exit_code, checked.output, ugly.read_text()) == (1, f"{ugly}: would change\n", UGLY)
    done = call("fmt", link, pretty)
    assert (done.exit_code, done.output) == (0, f"{link}: changed\n")
    assert (ugly.read_text(), stat.S_IMODE(ugly.stat().st_mode), link.is_symlink()) == (PRETTY, 0o640, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.wf", "pretty.wf", "ugly.wf"]
    again = call("fmt", "--check", "--json", ugly, pretty)
    assert (again.exit_code, [one["changed"] for one in json.loads(again.output)]) == (0, [False, False])


def test_fmt_keeps_the_line_ends_inside_of_texts(tmp_path: Path) -> None:
    file = tmp_path / "dos.wf"
    file.write_bytes(b'workflow w {\r\n  // why\r\n  script s { run = "a\r\nb" }\r\n}\r\n')
    assert (call("fmt", file).exit_code, call("fmt", "--check", file).exit_code) == (0, 0)
    assert file.read_bytes() == b'workflow w {\n  // why\n  script s {\n    run = "a\r\nb"\n  }\n}\n'


def test_fmt_leaves_what_it_cannot_read_as_it_is_and_tells_where(tmp_path: Path) -> None:
    wrong, ugly = tmp_path / "wrong.wf", tmp_path / "ugly.wf"
    wrong.write_text("workflow w {\n  call\n}\n")
    ugly.write_text(UGLY)
    result = call("fmt", wrong, ugly)
    assert (result.exit_code, wrong.read_text(), ugly.read_text()) == (2, "workflow w {\n  call\n}\n", PRETTY)
    assert f"{wrong}:3:1: wf_expected_agent: " in result.output


@pytest.mark.parametrize(("name", "code"), [("x.yaml", "notation_unknown"), ("absent.wf", "file_not_found")], ids=["yaml", "absent"])
def test_fmt_refuses_other_files(tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / "x.yaml").write_text("workflow: w\n")
    result = call("fmt", tmp_path / name)
    assert result.exit_code in {2, 66}
    assert code in result.output + result.stderr


def test_convert_prints_or_writes_a_file_that_was_not_there(tmp_path: Path) -> None:
    given, made = tmp_path / "w.yaml", tmp_path / "w.json"
    given.write_text("workflow: w\nnodes: [{id: a, shell: 'true'}]\n")
    printed = call("convert", given, "--to", "json")
    written = call("convert", given, "--to", "json", "-o", made)
    assert (printed.exit_code, written.exit_code, written.output) == (0, 0, "")
    assert printed.output == made.read_text() == '{"flow":{"nodes":[{"kind":"shell","node_id":"a","run":"true"}]},"workflow_id":"w"}\n'
    assert json.loads(call("convert", made, "--to", "yaml", "--json").output)["text"].startswith("penstock: 1\nworkflow: w\n")
    twice = call("convert", given, "--to", "json", "-o", made)
    assert (twice.exit_code, "file_exists" in twice.output + twice.stderr) == (2, True)
    assert call("convert", given, "--to", "json", "-o", tmp_path / "no" / "w.json").exit_code == 77


def test_convert_tells_what_is_wrong_with_the_file_and_what_cannot_be_said(tmp_path: Path) -> None:
    given = tmp_path / "w.yaml"
    given.write_text("workflow: w\nnodes: [{id: a, command: [x]}]\n")
    lacking = call("convert", given, "--to", "wf")
    assert (lacking.exit_code, "wf_not_expressible" in lacking.output) == (2, True)
    given.write_text("workflow: w\nnodes: [{id: a}]\n")
    wrong = call("convert", given, "--to", "json", "--json")
    assert (wrong.exit_code, [one["code"] for one in json.loads(wrong.output)["problems"]]) == (2, ["node_kind_missing"])
