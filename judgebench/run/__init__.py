"""Asking: cases to a judge, replies to a store.

The package shares its name with a function: ``judgebench.run("gpt-4o", "pandalm", sample=True)`` asks and measures
(`judgebench.api.running.run`), ``judgebench.run.engine`` is a module.
"""
