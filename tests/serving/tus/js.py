"""tus-js-client in Node, as a page or a program uses it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from khosq.evaluation.recordings import cache_folder

JS_CLIENT = Path(__file__).with_name("js_client")


@pytest.fixture(scope="session")
def js_modules() -> Path:
    """Install tus-js-client where it stays, as its lock file says; the first time needs the network."""
    lock = (JS_CLIENT / "package-lock.json").read_bytes()
    folder = cache_folder(os.environ).parent / "npm" / f"tus-js-client-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(JS_CLIENT / name, folder)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                              cwd=folder, capture_output=True, text=True, check=False, timeout=240)  # fmt: skip
        if done.returncode:
            say = pytest.fail if os.environ.get("KHOSQ_REQUIRE_CLIENTS") == "1" else pytest.skip
            say(f"tus-js-client could not be installed: {done.stderr[-300:]}")
        (folder / "complete").touch()
    return folder


def run_js(modules: Path, **wishes: Any) -> dict[str, Any]:
    wishes = {key: str(value) if isinstance(value, Path) else value for key, value in wishes.items()}
    done = subprocess.run(["node", str(JS_CLIENT / "upload.mjs"), json.dumps({"modules": str(modules), **wishes})],
                          capture_output=True, text=True, check=False, timeout=120)  # fmt: skip
    assert done.stdout, done.stderr
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last
