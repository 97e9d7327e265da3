"""Databases for the tests of this folder."""

from tests.databases import catalogue, database_url, engine, postgresql_server, postgresql_url, sqlite_url

__all__ = ["catalogue", "database_url", "engine", "postgresql_server", "postgresql_url", "sqlite_url"]
