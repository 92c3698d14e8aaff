"""Fan-out: a for-each makes a run of a workflow for each item that its provider finds (flow spec 7.7)."""
