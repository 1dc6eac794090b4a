"""The net under a rebuilding: what the meter answers, kept as one digest a family of requests."""
