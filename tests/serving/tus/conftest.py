from __future__ import annotations

from tests.serving.tus.js import js_modules

__all__ = ["js_modules"]
