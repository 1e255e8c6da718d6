"""Coefficients as smooth functions of the table of joint proportions, with their gradients."""
