"""Probes that ask nobody: what plain verdicts show of place, length, the judge's own answers, and leniency."""
