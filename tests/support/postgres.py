"""The tests' PostgreSQL; it lies with the benchmarks, which need one too and import nothing of the tests."""

from bench.postgres import Postgres

__all__ = ["Postgres"]
