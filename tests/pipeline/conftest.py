from __future__ import annotations

from tests.speech.parts import parts
from tests.stores import office, one_database

__all__ = ["office", "one_database", "parts"]
