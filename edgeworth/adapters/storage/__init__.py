"""Our own disk and database: raw pages as received, the catalogue in SQL, history in Parquet.

Implements the storage ports of ``edgeworth.ports``. No venue, no wire format and no HTTP enters here.
"""
