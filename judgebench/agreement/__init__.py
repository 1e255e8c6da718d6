"""How far a judge agrees with gold: policies, coefficients, intervals, the human ceiling."""
