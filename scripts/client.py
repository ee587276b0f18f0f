"""Make the parts of khosq.client that nobody writes: the models, from our OpenAPI file, and the client without asyncio.

The models need datamodel-code-generator, which nothing else here does:

    uv tool run --from datamodel-code-generator==0.89.0 datamodel-codegen --version    # or have it on the path
    .venv/bin/python scripts/client.py
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from khosq.apis import load_face
from khosq.assembly.core import open_core
from khosq.assembly.server import build_desk
from khosq.serving.docs import describe
from khosq.settings import Settings

CLIENT = Path(__file__).resolve().parents[1] / "src" / "khosq" / "client"
GENERATOR = ("uv", "tool", "run", "--from", "datamodel-code-generator==0.89.0", "datamodel-codegen")

NOTE = "# ruff: noqa: PYI051 - a word of tomorrow must be readable today; the list shows those of today"

TWINS = {"aio.py": "sync.py", "aio_resources.py": "sync_resources.py"}

WORDS = {
    "Async": "",
    "async def ": "def ",
    "async for ": "for ",
    "async with ": "with ",
    "await ": "",
    "httpx2.AsyncClient": "httpx2.Client",
    "httpx2.AsyncBaseTransport": "httpx2.BaseTransport",
    "asynccontextmanager": "contextmanager",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "aclose": "close",
    "aread": "read",
    "aiter_": "iter_",
    "asyncio.sleep": "time.sleep",
    "import asyncio": "import time",
    "khosq.client.aio": "khosq.client.sync",
}
"""What asyncio calls a thing → what it is called without."""
_IN_A_THREAD = re.compile(r"await asyncio\.to_thread\(([\w.]+), ")


def to_sync(source: str) -> str:
    """Return the client without asyncio."""
    source = _IN_A_THREAD.sub(r"\1(", source)
    for asynchronous, plain in WORDS.items():
        source = source.replace(asynchronous, plain)
    title, _, rest = source.partition('"""\n')
    return f'{title.partition("; ")[0]}; made by ``scripts/client.py`` from its twin for asyncio."""\n{rest}'


def answers_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of an OpenAPI description that tells of answers, without what only pages need.

    A word of a closed list may be another one tomorrow: a client of today must be able to read that.
    """
    schemas = {name: one for name, one in schema["components"]["schemas"].items() if "additionalProperties" not in one}
    return {
        "openapi": schema["openapi"],
        "info": schema["info"],
        "paths": {},
        "components": {"schemas": {name: _loosened(one) for name, one in schemas.items()}},
    }


def _loosened(part: Any) -> Any:
    if isinstance(part, list):
        return [_loosened(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {name: _loosened(one) for name, one in part.items() if name != "title" or isinstance(one, dict)}
    if "enum" in kept:
        return {"anyOf": [{"type": "string", "enum": kept.pop("enum")}, {"type": "string"}], **_without(kept, "type")}
    return kept


def _without(part: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != name}


def models_from(schema: dict[str, Any]) -> str:
    """Return the module of models."""
    found = shutil.which("datamodel-codegen")
    with tempfile.TemporaryDirectory() as folder:
        file, made = Path(folder) / "openapi.json", Path(folder) / "models.py"
        file.write_text(json.dumps(answers_of(schema), ensure_ascii=False), "utf-8")
        options = (
            *("--input", str(file), "--input-file-type", "openapi", "--output", str(made)),
            *("--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11"),
            *("--use-standard-collections", "--use-union-operator", "--enum-field-as-literal", "all"),
            *("--use-schema-description", "--use-field-description", "--use-single-line-docstring"),
            *("--disable-timestamp", "--use-double-quotes", "--snake-case-field"),
        )
        subprocess.run([*((found,) if found else GENERATOR), *options], check=True)
        _, _, rest = made.read_text("utf-8").partition("from __future__")
    title = '"""What a server answers; made from its OpenAPI by ``scripts/client.py``."""'
    return f"{title}\n\n{NOTE}\n\nfrom __future__{rest}"


def description() -> dict[str, Any]:
    """Return our OpenAPI file."""
    with tempfile.TemporaryDirectory() as folder, open_core(Settings(data_dir=Path(folder))) as core:
        made = describe(load_face("native").open(build_desk(core)))
        core.queue.close()
    return made


def main() -> None:
    """Write the files."""
    made = {plain: to_sync((CLIENT / twin).read_text("utf-8")) for twin, plain in TWINS.items()}
    if sys.argv[1:] != ["sync"]:
        made["models.py"] = models_from(description())
    for name, text in made.items():
        (CLIENT / name).write_text(text, "utf-8")
    files = [str(CLIENT / name) for name in made]
    for words in (("check", "--fix-only", "--quiet", "--unsafe-fixes"), ("format", "--quiet")):
        subprocess.run([Path(sys.executable).with_name("ruff"), *words, *files], check=True)


if __name__ == "__main__":
    main()
