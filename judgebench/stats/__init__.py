"""Numbers that know nothing of us: coefficients of agreement, and what can be inferred from them."""
