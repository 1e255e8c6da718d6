"""Whether a run may pass: no worse than a baseline, good enough on its own."""
