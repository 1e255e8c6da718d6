"""A table of one's own, read with what is said of it by the names that the command line has."""

from judgebench.labels.cells import Cells
from judgebench.labels.layout import Layout, LongSpec
from judgebench.labels.load import load as load_table

CELLS = {"words", "missing", "reverse", "rescale", "thresholds", "read_replies"}


def load(path, judges, golds, *, cluster_col=None, id_col=None, long=None, **options):
    """Load a table whose rows and words are described by single options."""
    layout = Layout(id_col, cluster_col, LongSpec.parse(long) if isinstance(long, str) else long)
    cells = {name: options.pop(name) for name in CELLS & options.keys()}
    return load_table(path, judges, golds, layout=layout, cells=Cells(**cells), **options)
