"""The part of ``scripts/convert`` that needs no NeMo; the rest was tried by hand, as docs/models.md says."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from tests.speech.sounds import spoken

from khosq.speech.engines.onnx_asr import OnnxAsr

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "convert" / "convert_nemo.py"
HYBRID = "nemo.collections.asr.models.hybrid_rnnt_ctc_bpe_models.EncDecHybridRNNTCTCBPEModel"
SOUND = {"sample_rate": 16000, "window_size": 0.025, "window_stride": 0.01, "features": 80, "normalize": "per_feature"}
DURATIONS = {"model_defaults": {"tdt_durations": [0, 1, 2]}}


@pytest.fixture(scope="module")
def converter() -> Any:
    spec = spec_from_file_location("convert_nemo", SCRIPT)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def archive(folder: Path, text: str, name: str = "./model_config.yaml") -> Path:
    """Write an archive as NeMo does, without weights."""
    path = folder / "some.nemo"
    with tarfile.open(path, "w") as made:
        member = tarfile.TarInfo(name)
        member.size = len(text.encode())
        made.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(
    ("config", "asked", "model_type"),
    [
        ({"target": HYBRID}, None, "nemo-conformer-ctc"),
        ({"target": HYBRID}, "rnnt", "nemo-conformer-rnnt"),
        ({"target": "nemo.x.EncDecCTCModelBPE"}, None, "nemo-conformer-ctc"),
        ({"target": "nemo.x.EncDecRNNTBPEModel"}, None, "nemo-conformer-rnnt"),
        ({"target": "nemo.x.EncDecRNNTBPEModel"} | DURATIONS, None, "nemo-conformer-tdt"),
    ],
)
def test_an_archive_says_what_it_becomes(
    converter: Any, tmp_path: Path, config: dict[str, Any], asked: str | None, model_type: str
) -> None:
    whole = {"preprocessor": SOUND, "encoder": {"subsampling_factor": 4}} | config
    read = converter.read_config(archive(tmp_path, json.dumps(whole)))
    assert converter.describe(read, asked) == {
        "model_type": model_type,
        "features_size": 80,
        "subsampling_factor": 4,
    }


@pytest.mark.parametrize(
    ("changes", "asked", "complaint"),
    [
        ({"target": "nemo.x.EncDecMultiTaskModel"}, None, "only CTC, RNN-T, TDT and hybrid"),
        ({"target": "nemo.x.EncDecCTCModelBPE"}, "rnnt", "has no rnnt decoder"),
        ({"preprocessor": SOUND | {"features": 64}}, None, "makes 64 features"),
        ({"preprocessor": SOUND | {"sample_rate": 8000}}, None, "sample_rate 8000, and only 16000"),
        ({"preprocessor": SOUND | {"normalize": "NA"}}, None, "normalize 'NA'"),
    ],
)
def test_what_the_engine_could_not_hear_is_refused(
    converter: Any, changes: dict[str, Any], asked: str | None, complaint: str
) -> None:
    with pytest.raises(converter.Unfit, match=complaint):
        converter.describe({"target": HYBRID, "preprocessor": SOUND} | changes, asked)


def test_the_vocabulary_that_it_writes_is_what_the_engine_reads(
    converter: Any, tmp_path: Path, hears_tones: Path
) -> None:
    lines = (hears_tones / "vocab.txt").read_text(encoding="utf-8").splitlines()
    tokens = [line.rpartition(" ")[0] for line in lines if not line.startswith("<blk>")]
    described = json.loads((hears_tones / "config.json").read_text())
    converter.write_description(tmp_path, described, tokens)
    shutil.copyfile(hears_tones / "model.onnx", tmp_path / "model.onnx")
    engine = OnnxAsr(tmp_path, model_type="nemo-conformer-ctc")
    (words,) = engine.recognize([spoken("▁low", "er", "▁high")], language="xx")
    assert [word.text for word in words] == ["lower", "high"]


@pytest.mark.parametrize(
    ("text", "name", "complaint"),
    [
        ("{}", "model_config.yaml", "no archive of NeMo's"),
        ("target: x", "other.yaml", "no archive of NeMo's"),
        ("a: [", "model_config.yaml", "cannot be read"),
    ],
)
def test_a_file_that_is_no_archive_is_refused_at_once_with_a_sentence(
    tmp_path: Path, text: str, name: str, complaint: str
) -> None:
    path = archive(tmp_path, text, name)
    for content in (None, b"not a tar"):
        if content is not None:
            path.write_bytes(content)
        ran = subprocess.run(
            [sys.executable, str(SCRIPT), str(path), str(tmp_path / "out")], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 1
        assert ran.stderr.startswith("convert/nemo: ")
        assert "Traceback" not in ran.stderr
        assert complaint in ran.stderr or content
    assert not (tmp_path / "out").exists()
