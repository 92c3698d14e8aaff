"""The public history of a run: one event and one redacted snapshot for each record of its log, and what may be asked about them."""
