from __future__ import annotations

from tests.speech.conftest import parts

__all__ = ["parts"]
