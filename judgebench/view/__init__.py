"""A runs folder in the browser, on this machine only: what was measured, live, and a page to label items on."""
