from __future__ import annotations

from tests.stores import office, one_database

__all__ = ["office", "one_database"]
