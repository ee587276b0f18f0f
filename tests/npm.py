"""Clients that come from npm: installed once, where they stay, as their lock files say."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from khosq.evaluation.recordings import cache_folder


def installed(folder: Path) -> Path:
    """Install what the lock file in ``folder`` names; the first time needs the network."""
    lock = (folder / "package-lock.json").read_bytes()
    place = cache_folder(os.environ).parent / "npm" / f"{folder.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (place / "complete").exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, place)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                              cwd=place, capture_output=True, text=True, check=False, timeout=240)  # fmt: skip
        if done.returncode:
            say = pytest.fail if os.environ.get("KHOSQ_REQUIRE_CLIENTS") == "1" else pytest.skip
            say(f"{folder.name} could not be installed: {done.stderr[-300:]}")
        (place / "complete").touch()
    return place
