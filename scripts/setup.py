"""Make .venv from the hashed requirement files, with khosq in it, and fetch the small models; nothing twice."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
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
    stamp, wanted = _stamp(level), _fingerprint(ROOT / "requirements" / f"{level}.txt", ROOT / "pyproject.toml")
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    environ = environ_with_indexes()
    if not PYTHON.exists():
        run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(VENV), environ=environ)
    say(f"Installing what is in requirements/{level}.txt")
    into = ("--quiet", "--python", str(PYTHON))
    run_uv("pip", "sync", *into, "--require-hashes", f"requirements/{level}.txt", environ=environ)
    run_uv("pip", "install", *into, "--no-deps", "--no-build-isolation", "--editable", ".", environ=environ)
    stamp.write_text(wanted)


def _fetch_models() -> None:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("KHOSQ_MODELS_DIR") or caches / "khosq" / "models")
    stamp, wanted = _stamp("models"), f"{folder} {_fingerprint(CATALOGUE)}"
    if folder.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    pulled = subprocess.run([VENV / "bin" / "khosq", "models", "pull"], stdout=sys.stderr, check=False)
    if pulled.returncode:
        raise SystemExit(pulled.returncode)
    stamp.write_text(wanted)


def _stamp(level: str) -> Path:
    return VENV / f".installed-{level}"


def _fingerprint(*files: Path) -> str:
    """Change with the files."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


if __name__ == "__main__":
    main()
