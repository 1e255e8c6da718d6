"""What each kind of verdict is measured by where no table of labels shows it: numbers, sets, sequences, scores."""
