"""A gate's report, its baseline, and its forms for CI."""
