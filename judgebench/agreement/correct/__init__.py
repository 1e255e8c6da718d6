"""Scores of systems through an imperfect judge: corrected with some gold labels, or doubted without any."""
