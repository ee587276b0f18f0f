"""The envelope around every answer that is no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def one(result: dict[str, Any]) -> dict[str, Any]:
    """Return the envelope of one thing."""
    return {"count": 1, "total_results": 1, "result": result}


def page(results: Sequence[dict[str, Any]], total: int) -> dict[str, Any]:
    """Return the envelope of one page of ``total`` things."""
    return {"count": len(results), "total_results": total, "result": list(results)}
