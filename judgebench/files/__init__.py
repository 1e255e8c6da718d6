"""Files as rows: formats, compression, records, and the place of every row."""
