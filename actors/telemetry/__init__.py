"""What the outside is told of the daemon's work: traces of runs for a collector, and numbers for whoever asks."""
