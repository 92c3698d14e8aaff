"""`.wf` texts have one layout; what they say, and every comment, stays."""

from __future__ import annotations

import pytest

from actors.workflow import WorkflowInvalid
from actors.workflow.wf.formatter import format_wf
from tests.actors.workflow.wf.texts import EXAMPLES, read

UGLY = """// head


// of the file
workflow  a { // open

  // first


  // second
  meta { // m
    title = "x" // t
    // last
  }
  inputs { // i
   // q
   a required // ra
   b default = // weird
     "x"

   // end
  }
  call b // after b
  // before c
  call c { // in c
     x = [ "a" // in list
        b ] // aft
     // end c
  } // after c
  do { max_iterations = 1 call q // cq
  } // between
  while q.x // tail w
  script s { run = "a
  b // no comment
  " env = {} }
  if x {} gate g { prompt = "0123456789012345678901234567890123456789012345678901234567890123456789" name = other_than_the_type
    options = ["0123456789012345678901234567890123456789" "0123456789012345678901234567890123456789" "0123456789"] }
  call workflow w { inputs { a = "1" } }


  // closing

} // rest
// more
"""
PRETTY = """// head

// of the file
workflow a { // open
  // first

  // second
  meta { // m
    title = "x" // t
    // last
  }
  inputs { // i
    // q
    a required // ra
    // weird
    b default = "x"

    // end
  }
  call b // after b
  // before c
  call c { // in c
    // in list
    x = ["a", b] // aft
    // end c
  } // after c
  // between
  do {
    max_iterations = 1
    call q // cq
  } while q.x // tail w
  script s {
    run = "a
  b // no comment
  "
    env = {}
  }
  if x {}
  gate g {
    prompt = "0123456789012345678901234567890123456789012345678901234567890123456789"
    name = other_than_the_type
    options = [
      "0123456789012345678901234567890123456789",
      "0123456789012345678901234567890123456789",
      "0123456789",
    ]
  }
  call workflow w { inputs { a = "1" } }

  // closing
} // rest
// more
"""


def test_the_layout_of_everything() -> None:
    assert format_wf(UGLY, "x.wf") == PRETTY


@pytest.mark.parametrize("text", [UGLY, *EXAMPLES.values()], ids=["ugly", *EXAMPLES])
def test_a_text_says_the_same_in_its_layout_which_is_its_own(text: str) -> None:
    pretty = format_wf(text, "x.wf")
    assert format_wf(pretty, "x.wf") == pretty
    assert read(pretty)[0] == read(text)[0]
    assert pretty.count("//") == text.count("//")


def test_what_is_wrong_in_its_grammar_has_no_layout() -> None:
    with pytest.raises(WorkflowInvalid) as raised:
        format_wf("workflow w { call", "x.wf")
    assert [(problem.code, problem.file) for problem in raised.value.problems] == [("wf_expected_agent", "x.wf")]


def test_only_the_grammar_has_to_be_right() -> None:
    assert format_wf("workflow w{call a{retries=many}}", "x.wf") == "workflow w {\n  call a { retries = many }\n}\n"
