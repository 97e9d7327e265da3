"""Databases and object stores for the tests of this folder."""

from tests.databases import catalogue, database_url, engine, postgresql_server, postgresql_url, sqlite_url
from tests.object_stores import bucket, s3_server

__all__ = [
    "bucket",
    "catalogue",
    "database_url",
    "engine",
    "postgresql_server",
    "postgresql_url",
    "s3_server",
    "sqlite_url",
]
