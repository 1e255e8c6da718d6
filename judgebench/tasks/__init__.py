"""The tasks: benchmarks as cards, sources of rows and readers."""
