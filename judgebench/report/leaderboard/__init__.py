"""Leaderboards: judges in one order with ranks that say how sure they are, and what stands beside them."""
