"""A leaderboard of one's own, as a site."""
