"""Probes that ask: items before and after a change, in other words, by other requests; and banks of attacks."""
