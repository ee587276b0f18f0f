"""The parts that every job needs, fetched when first used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from khosq.errors import ModelMissing
from khosq.speech.weights import ensure_parts


@pytest.fixture(scope="session")
def parts() -> Path:
    """The folder of models that holds them."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    models_dir = Path(os.environ.get("KHOSQ_MODELS_DIR") or caches / "khosq" / "models")
    try:
        ensure_parts(models_dir)
    except ModelMissing as error:
        pytest.skip(error.message)
    return models_dir
