"""Our side of the process that sherpa-onnx runs in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import weakref
from multiprocessing import Pipe
from pathlib import Path
from typing import IO, Any

import structlog

from khosq.errors import EngineFailed, KhosqError
from khosq.speech.devices import CPU

_CHILD = "khosq.speech.engines.sherpa_onnx.child"
_SOURCE_LINE = re.compile(r"^\S+\.(?:cc|h):\S+:\d+\s*")
"""Where in the library's source a message was written."""
_LAST_WORDS = 4096
_CAUGHT = "Caught exception:"
_FALLEN_BACK = "Fallback to cpu"

log = structlog.get_logger()


class Isolated:
    """An object of ``child.py`` in a process of its own, which is started again after it died."""

    def __init__(self, role: str, model_dir: Path, *, device: str = CPU, **settings: Any) -> None:
        """Load the object.

        Args:
            role: its name in the child's table.
            model_dir: where its files lie.
            device: what it computes on.
            settings: its other keyword arguments.

        Raises:
            EngineFailed: the model cannot be loaded.
            ModelMissing: the library is not installed.

        """
        self._start = (role, model_dir, settings | {"provider": "cpu" if device == CPU else "cuda"})
        self._process: _Process | None = self._connect()

    def __call__(self, *args: Any) -> Any:
        """Call the object and return what it returns.

        Raises:
            EngineFailed: it failed, or its process died.

        """
        if self._process is None:
            self._process = self._connect()
        return self._ask(self._process, args, "sherpa-onnx stopped")

    def _connect(self) -> _Process:
        process = _Process()
        weakref.finalize(self, process.end)
        self._ask(process, self._start, f"The sherpa-onnx model in {self._start[1]} cannot be loaded")
        if process.has_fallen_back:
            log.warning("sherpa-onnx could not use the GPU and computes on the CPU", action="device_lost")
        return process

    def _ask(self, process: _Process, request: Any, failure: str) -> Any:
        try:
            process.line.send(request)
            answer = process.line.recv()
        except (EOFError, OSError) as error:
            self._process = None
            raise EngineFailed(f"{failure}: {process.last_words()}.") from error
        if complaint := process.complaint():
            answer = EngineFailed(complaint)
        if isinstance(answer, KhosqError):
            reason = answer.message.rstrip(".")
            raise EngineFailed(f"{failure}: {reason}.") if isinstance(answer, EngineFailed) else answer
        return answer


class _Process:
    """A child process, the line to it, and what it writes to its standard error."""

    def __init__(self) -> None:
        self.line, theirs = Pipe()
        self.has_fallen_back = False
        """Whether the library was told to use a GPU, cannot, and went on without."""
        self._errors: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - lives as long as the process
        self._popen = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", _CHILD, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
        )
        theirs.close()

    def last_words(self) -> str:
        """Return the last line that the process wrote, once it has ended."""
        status = self._popen.wait()
        said = self._said()
        return said[-1] if said else f"its process ended with status {status}"

    def complaint(self) -> str | None:
        """Return what went wrong in a call that the library answered with nothing; what it wrote is forgotten then."""
        said = self._said()
        os.ftruncate(self._errors.fileno(), 0)
        self.has_fallen_back = self.has_fallen_back or any(_FALLEN_BACK in line for line in said)
        return said[said.index(_CAUGHT) + 1] if _CAUGHT in said[:-1] else None

    def _said(self) -> list[str]:
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - _LAST_WORDS))
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        return [text for line in lines if (text := _SOURCE_LINE.sub("", line).strip().rstrip("."))]

    def end(self) -> None:
        """End the process now."""
        self.line.close()
        self._popen.kill()
        self._popen.wait()
        self._errors.close()
