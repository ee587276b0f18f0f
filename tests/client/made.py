"""The script that makes parts of the client."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "src" / "khosq" / "client"


def script() -> Any:
    path = ROOT / "scripts" / "client.py"
    spec = importlib.util.spec_from_file_location("client_script", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
