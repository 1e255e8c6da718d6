"""Readers of benchmarks' own files: one file for each form, whatever the number of data sets in it."""
