from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from khosq.pipeline.plan import Sound


@pytest.mark.parametrize(("seconds", "whole"), [(2.0, True), (1.996, True), (1.9, False), (0.0, False)])
def test_a_channel_that_was_cut_short_is_not_all_there(tmp_path: Path, seconds: float, *, whole: bool) -> None:
    sound = Sound(2.0, 1)
    assert not sound.lies_in(tmp_path)
    (channel,) = sound.files(tmp_path)
    channel.path.write_bytes(np.zeros(round(seconds * 16_000), "<i2").tobytes())
    assert sound.lies_in(tmp_path) is whole
