"""Python nodes: functions beside a workflow file, called in the daemon's loop, in a thread, or in a process of their own."""
