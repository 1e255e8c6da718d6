"""Several recorded judges made one: a jury, a cascade, and what either is worth."""
