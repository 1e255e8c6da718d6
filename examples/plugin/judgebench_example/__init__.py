"""A judge, a task, a probe and a metric for judgebench."""
