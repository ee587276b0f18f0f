"""Choose the newest dependencies that fit and write them, with hashes and without any index's address."""

from __future__ import annotations

import argparse
import re

from bootstrap import ROOT, environ_with_indexes, run_uv, say

HOW = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--quiet")
FROM_ONE_INDEX = ("UV_INDEX", "UV_FIND_LINKS", "UV_INDEX_STRATEGY")
"""A machine's own additions must not get into files that every machine installs from."""


def main() -> None:
    """Write requirements/dev.txt and, with the same versions, requirements/base.txt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take newer versions where the file has one that fits")
    upgrade = ("--upgrade",) if parser.parse_args().upgrade else ()
    _compile("dev.txt", "--group", "dev", *upgrade)
    _compile("base.txt", "--group", "build", "--constraints", "requirements/dev.txt", *upgrade)


def _compile(name: str, *arguments: str) -> None:
    say(f"Writing requirements/{name}")
    environ = {name: value for name, value in environ_with_indexes().items() if name not in FROM_ONE_INDEX}
    output = ("--custom-compile-command", "make requirements", "--output-file", f"requirements/{name}")
    run_uv("pip", "compile", "pyproject.toml", *HOW, *arguments, *output, environ=environ)
    if re.search(r"://", (ROOT / "requirements" / name).read_text()):
        raise SystemExit(f"requirements/{name} holds an address.")


if __name__ == "__main__":
    main()
