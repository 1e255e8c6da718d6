"""A table of one's own, read with what is said of it by the names that the command line has."""

from dataclasses import replace

from judgebench.labels.cells import Cells
from judgebench.labels.layout import Layout, LongSpec
from judgebench.labels.load import load as load_table


def load(path, judges, golds, *, cluster_col=None, id_col=None, long=None, words=None, **options):
    """Load a table whose rows and words are described by single options."""
    layout = Layout(id_col, cluster_col, LongSpec.parse(long) if isinstance(long, str) else long)
    return load_table(path, judges, golds, layout=layout, cells=replace(Cells(), words=words or {}), **options)
