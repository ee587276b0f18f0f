"""Make the virtual environment of the converter: NeMo with the CPU build of torch, 2 GB."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bootstrap import environ_with_indexes, run_uv, say  # noqa: E402 - it lies beside this folder


def main() -> None:
    """Install what is in requirements.in into the folder named on the command line."""
    folder = str(Path(sys.argv[1]).absolute())
    environ = environ_with_indexes()
    # Linux's CPU build is not on the package index: uv knows where it is, unless this machine has wheels of its own.
    known_to_uv = () if environ.get("UV_FIND_LINKS") else ("--torch-backend", "cpu")
    say(f"Installing what the converter needs into {folder}")
    run_uv("venv", "--quiet", "--clear", "--python", sys.executable, folder, environ=environ)
    into = ("--quiet", "--python", folder, *known_to_uv)
    run_uv("pip", "install", *into, "--requirements", str(HERE / "requirements.in"), environ=environ)


if __name__ == "__main__":
    main()
