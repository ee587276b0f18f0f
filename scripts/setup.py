"""Make .venv from the hashed requirement files, with khosq in it, and fetch the small models; nothing twice."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap import ROOT, environ_with_indexes, run_uv, say

from khosq.errors import KhosqError

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CATALOGUE = ROOT / "src" / "khosq" / "speech" / "catalogue.toml"


def main() -> None:
    """Set up what serving needs or, with ``--dev``, what the tests need too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="install the tools of the tests too")
    try:
        _install("dev" if parser.parse_args().dev or _stamp("dev").exists() else "base")
        _fetch_models()
    except KhosqError as error:
        raise SystemExit(f"Setting up stopped: {error.message}") from error


def _install(level: str) -> None:
    environ = environ_with_indexes()
    into = ("--quiet", "--python", str(PYTHON))
    if not PYTHON.exists():
        run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(VENV), environ=environ)
    with _unless_done(level, ROOT / "requirements" / f"{level}.txt") as needed:
        if needed:
            say(f"Installing what is in requirements/{level}.txt")
            for undone in ("base", "dev", "khosq"):
                _stamp(undone).unlink(missing_ok=True)
            run_uv(
                "pip",
                "sync",
                *into,
                "--compile-bytecode",
                "--require-hashes",
                f"requirements/{level}.txt",
                environ=environ,
            )
    with _unless_done("khosq", ROOT / "pyproject.toml") as needed:
        if needed:
            run_uv("pip", "install", *into, "--no-deps", "--no-build-isolation", "--editable", ".", environ=environ)


def _fetch_models() -> None:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("KHOSQ_MODELS_DIR") or caches / "khosq" / "models")
    if not folder.exists():
        _stamp("models").unlink(missing_ok=True)
    with _unless_done("models", CATALOGUE, also=str(folder)) as needed:
        if needed:
            pulled = subprocess.run([VENV / "bin" / "khosq", "models", "pull"], stdout=sys.stderr, check=False)
            if pulled.returncode:
                raise SystemExit(pulled.returncode)


@contextmanager
def _unless_done(step: str, *files: Path, also: str = "") -> Iterator[bool]:
    """Tell whether a step is needed: it is not when it ended well before and its files have not changed since."""
    done = hashlib.sha256(b"".join(file.read_bytes() for file in files) + also.encode()).hexdigest()
    needed = not (_stamp(step).exists() and _stamp(step).read_text() == done)
    _stamp(step).unlink(missing_ok=True)
    yield needed
    _stamp(step).write_text(done)


def _stamp(step: str) -> Path:
    return VENV / f".done-{step}"


if __name__ == "__main__":
    main()
