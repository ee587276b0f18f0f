"""What a form means, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from khosq.apis.openai.languages import name_of, read_language
from khosq.apis.openai.reading import Asked, Look, read_asked
from khosq.errors import Invalid


def read(task: Any = "transcribe", **fields: Any) -> Asked:
    written = {"model": "whisper-1"} | fields
    lists = {name: value if isinstance(value, list) else [value] for name, value in written.items()}
    return read_asked(lists, task=task)


def test_little_need_be_said() -> None:
    asked = read()
    assert (asked.model, asked.languages, asked.speakers, asked.stream) == ("whisper-1", (), None, False)
    assert asked.look == Look("json", frozenset({"segment"}), with_logprobs=False)


@pytest.mark.parametrize(
    ("fields", "languages"),
    [
        ({"language": ""}, ()),
        ({"language": "en"}, ("en",)),
        ({"language": "English"}, ("en",)),
        ({"language": "HY-am"}, ("hy-AM",)),
        ({"languages[]": ["de"]}, ("de",)),
        ({"languages[]": ["de", "dutch", "de"]}, ("de", "nl")),
        ({"languages": ["de"], "language": "nl"}, ("nl",)),
    ],
)
def test_the_language_is_a_code_or_a_name(fields: dict[str, Any], languages: tuple[str, ...]) -> None:
    assert read(**fields).languages == languages


@pytest.mark.parametrize(
    ("fields", "speakers"),
    [
        ({"response_format": "verbose_json"}, None),
        ({"response_format": "diarized_json"}, 2),
        ({"model": "gpt-4o-transcribe-diarize", "response_format": "text"}, 2),
        ({"response_format": "diarized_json", "speakers": "10"}, 10),
    ],
)
def test_voices_are_told_apart_where_that_can_be_seen(fields: dict[str, Any], speakers: int | None) -> None:
    assert read(**fields).speakers == speakers


def test_lists_come_with_brackets_or_without() -> None:
    verbose = {"response_format": "verbose_json"}
    for name in ("timestamp_granularities", "timestamp_granularities[]"):
        assert read(**verbose, **{name: ["word", "segment"]}).look.granularities == {"word", "segment"}
    assert read(**{"include[]": ["logprobs"]}).look.with_logprobs


@pytest.mark.parametrize(("written", "expected"), [("true", True), ("True", True), ("1", True), ("false", False)])
def test_a_stream_is_asked_for(written: str, expected: bool) -> None:
    assert read(stream=written).stream is expected


def test_what_has_no_effect_is_accepted() -> None:
    ignored = {"prompt": "ZyntriQix", "temperature": "0.4", "keywords[]": ["a", "b"], "user": "7"}
    chunking = {"chunking_strategy": "auto", "chunking_strategy[type]": "server_vad"}
    assert read(**ignored, **chunking) == read()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": ""}, "model"),
        ({"model": []}, "model"),
        ({"language": "klingon and more"}, "language"),
        ({"language": "e" * 40}, "language"),
        ({"languages[]": ["en", "klingon and more"]}, "languages"),
        ({"languages[]": ["en"] * 51}, "languages"),
        ({"response_format": "docx"}, "response_format"),
        ({"response_format": "srt", "stream": "true"}, "response_format"),
        ({"task": "translate", "response_format": "diarized_json"}, "response_format"),
        ({"timestamp_granularities[]": ["word"]}, "timestamp_granularities"),
        ({"response_format": "verbose_json", "timestamp_granularities": ["letter"]}, "timestamp_granularities"),
        ({"include[]": ["item"]}, "include"),
        ({"response_format": "text", "include[]": ["logprobs"]}, "include"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": "1.5"}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"stream": "maybe"}, "stream"),
        ({"speakers": "2"}, "speakers"),
        ({"response_format": "diarized_json", "speakers": "11"}, "speakers"),
        ({"response_format": "diarized_json", "speakers": "٣"}, "speakers"),
        ({"known_speaker_names[]": ["agent"]}, "known_speaker_names"),
        ({"known_speaker_references[]": ["data:audio/wav;base64,"]}, "known_speaker_references"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(**fields)
    assert refused.value.field == param
    assert param in refused.value.message


def test_languages_have_the_names_that_openai_gives_them() -> None:
    assert (name_of("hy-AM"), name_of("en"), name_of("xx-YY")) == ("armenian", "english", "xx-YY")
    assert read_language("armenian", field="language") == "hy"
