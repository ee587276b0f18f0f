"""Random names of things. Nobody can guess one from another."""

from __future__ import annotations

import re
import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def new_id(length: int = 20) -> str:
    """Return ``length`` random letters and digits (20 carry 119 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def is_id(text: str, length: int = 20) -> bool:
    """Tell whether ``text`` has the form of an id made here."""
    return len(text) == length and text.isascii() and text.isalnum()


_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


def is_name(text: str) -> bool:
    """Tell whether ``text`` may name a job: each API shapes the ids of the jobs that it makes."""
    return _NAME.fullmatch(text) is not None
