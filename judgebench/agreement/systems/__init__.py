"""Systems ranked by a judge, beside their ranking by gold."""
