"""What a terminal shows first of each analysis: the answer, a table, a few notes, what to do next."""
