"""The `.wf` notation: text to tokens, tokens to statements, statements to the model's JSON tree, and back (flow spec, sections 2 and 3)."""
