"""Where and why a judge errs: which labels it overuses, what predicts its errors, and in which strata they lie."""
