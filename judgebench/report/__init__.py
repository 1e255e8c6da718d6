"""Tables, leaderboards, reproductions: what is made of measured agreement."""
