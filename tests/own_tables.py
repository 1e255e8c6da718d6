"""A table of one's own, read with what is said of it by the names that the command line has."""

from dataclasses import fields

from judgebench.labels.cells import Cells
from judgebench.labels.layout import Layout, LongSpec
from judgebench.labels.load import load as load_table

_ROWS, _CELLS = ({field.name for field in fields(one)} for one in (Layout, Cells))


def load(path, judges, golds, *, cluster_col=None, id_col=None, long=None, **options):
    """Load a table whose rows and words are described by single options."""
    item, rater, label = (LongSpec.parse(long) if isinstance(long, str) else long) or (id_col, None, None)
    rows = {name: options.pop(name) for name in _ROWS & options.keys()}
    cells = Cells(**{name: options.pop(name) for name in _CELLS & options.keys()})
    plain = {"id": _several(item), "cluster": _several(cluster_col), "rater": rater, "label": label}
    if "judge_name" in rows:
        rows["judge_name"] = _several(rows["judge_name"])
    return load_table(path, judges, golds, layout=Layout(**(plain | rows)), cells=cells, **options)


def _several(names):
    return () if names is None else (names,) if isinstance(names, str) else tuple(names)
