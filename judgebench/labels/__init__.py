"""One's own data: label files of any common format read into ratings, and what a file holds.

Nothing is imported here, so that ``--help`` and ``list`` load no numpy.
"""
