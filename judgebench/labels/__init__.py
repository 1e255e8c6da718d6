"""One's own data: label files of any common format, read into ratings, and the doctor who says what a file is.

``load`` turns a file into `domain.Ratings`, ``diagnose`` says what a file holds and which command
measures it. This module stays empty so that ``--help`` and ``list`` import no numpy.
"""
