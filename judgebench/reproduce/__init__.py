"""Published figures beside ours; called as a function, ``judgebench.reproduce()`` recomputes them."""
