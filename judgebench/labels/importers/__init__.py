"""Files that other tools write, as tables: one file a tool, one line in `catalog`."""
