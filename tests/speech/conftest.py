"""A tiny model, a hub, and the parts that every job needs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.speech.model_hub import WEIGHTS, Hub, serve
from tests.speech.parts import parts
from tests.speech.sounds import write_pcm
from tests.speech.tone_model import write_tone_model

from khosq.media.waveform import PcmFile, Samples

__all__ = ["parts"]


@pytest.fixture(scope="session")
def hears_tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in onnx-asr's form whose words are tones."""
    return write_tone_model(tmp_path_factory.mktemp("tones"))


@pytest.fixture
def pcm(tmp_path: Path) -> Callable[[Samples], PcmFile]:
    """Write a sound as the decoder does."""
    return lambda sound: write_pcm(tmp_path / "sound.pcm", sound)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A model hub that ``HF_ENDPOINT`` names."""
    hub = Hub({"model.onnx": WEIGHTS, "vocab.txt": b"a 0\n", "README.md": b"read me"})
    server = serve(hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()
