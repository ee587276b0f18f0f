"""tus-js-client in Node, as a page or a program uses it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.npm import installed

JS_CLIENT = Path(__file__).with_name("js_client")


@pytest.fixture(scope="session")
def js_modules() -> Path:
    """Install tus-js-client where it stays, as its lock file says; the first time needs the network."""
    return installed(JS_CLIENT)


def run_js(modules: Path, **wishes: Any) -> dict[str, Any]:
    wishes = {key: str(value) if isinstance(value, Path) else value for key, value in wishes.items()}
    done = subprocess.run(["node", str(JS_CLIENT / "upload.mjs"), json.dumps({"modules": str(modules), **wishes})],
                          capture_output=True, text=True, check=False, timeout=120)  # fmt: skip
    assert done.stdout, done.stderr
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last
