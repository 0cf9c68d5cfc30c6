"""Alembic's entry; `shared.database.migrations` brings the connection and the lock."""

from shared.database.migrations import run_environment

run_environment()
