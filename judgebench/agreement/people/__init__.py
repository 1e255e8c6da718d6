"""People beside people, and a judge in the place of one of them."""
