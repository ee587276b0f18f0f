"""The stylesheet and the one script, held in memory."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from khosq.errors import NotFound

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Assets:
    """Serves every file of ``static/``."""

    def __init__(self) -> None:
        found = [file for file in files("khosq.web").joinpath("static").iterdir() if file.is_file()]
        self._contents = {file.name: file.read_bytes() for file in found}
        self._tags = {name: f'"{hashlib.sha256(data).hexdigest()[:16]}"' for name, data in self._contents.items()}

    async def serve(self, request: Request) -> Response:
        """Return one file, or nothing when the browser has it already."""
        name = request.path_params["name"]
        if name not in self._contents:
            raise NotFound
        headers = {"etag": self._tags[name], "cache-control": "no-cache", "x-content-type-options": "nosniff"}
        if request.headers.get("if-none-match") == self._tags[name]:
            return Response(status_code=304, headers=headers)
        return Response(self._contents[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)
