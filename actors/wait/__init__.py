"""A node that waits: for a time, a signal, a condition or a webhook. The waiting itself is facts in the run's log."""
