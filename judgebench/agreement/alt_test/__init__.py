"""The alternative annotator test: on codes, on ratings, and of several judges beside each other."""
