"""Dead letters: what failed for good and waits for a person's word, each in a log of its own."""
