"""Standard errors, intervals and tests: numpy and integer codes, nothing of this project."""
