"""Remembering for a while what could not be fetched, so that nobody waits for it again and again."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

from khosq.clock import Clock, system_clock

LASTING = timedelta(minutes=10)


def remember(models_dir: Path, what: str, why: str, *, clock: Clock = system_clock) -> None:
    """Note that fetching ``what`` (a model, a hub's address) failed now."""
    path = _path(models_dir, what)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"what": what, "why": why, "at": clock().isoformat()}), encoding="utf-8")
    fresh.replace(path)


def recent(models_dir: Path, *whats: str, clock: Clock = system_clock) -> str | None:
    """Say why one of these failed lately, or nothing."""
    for what in whats:
        try:
            stored = json.loads(_path(models_dir, what).read_text(encoding="utf-8"))
            age = clock() - datetime.fromisoformat(stored["at"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue
        if timedelta() <= age < LASTING:
            return str(stored["why"])
    return None


def forget(models_dir: Path, *whats: str) -> None:
    """Let these be tried again at once."""
    for what in whats:
        _path(models_dir, what).unlink(missing_ok=True)


def _path(models_dir: Path, what: str) -> Path:
    return models_dir / ".refused" / f"{hashlib.sha256(what.encode()).hexdigest()[:16]}.json"
