"""Models that run in this process, or one process for each card: where they lie, batches, and what is computed."""
