"""Transcripts and exported files, before the real application."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from khosq.jobs.results import Outcome
from khosq.transcript.coverage import ChannelCoverage, Coverage, Dropped, Hole
from khosq.transcript.exports import FORMATS
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import TermHits

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any


def test_a_transcript_has_every_word_with_its_time(api: Api, office: Office, mp3: bytes, outcome: Outcome) -> None:
    job = api.queued(mp3)["id"]
    early = api.get(f"/jobs/{job}/transcript")
    assert (early.status_code, early.json()["detail"]) == (409, "This job has no transcript: it is queued.")
    office.finish(job, outcome)
    answer = api.get(f"/jobs/{job}/transcript")
    text = "Բարև ձեզ։"  # noqa: RUF001 - Armenian
    assert answer.json() == {
        "job_id": job, "language": "hy-AM", "languages": [], "hotwords": [], "coverage": None,
        "duration": 31.4, "text": text,
        "utterances": [{
            "start": 0.4, "end": 1.3, "speaker": 1, "channel": 0, "text": text,
            "words": [
                {"text": text[:4], "start": 0.4, "end": 0.9, "confidence": 0.984},
                {"text": text[5:], "start": 0.9, "end": 1.3, "confidence": None},
            ],
        }],
        "warnings": ["Somebody whispers."], "title": "Ողջույն", "summary": None,
    }  # fmt: skip
    exported = api.get(f"/jobs/{job}/exports/json").json()
    assert exported["utterances"] == answer.json()["utterances"]
    assert exported["speakers"] == [{"id": 1, "label": "Speaker 1"}]
    known = {"If-None-Match": answer.headers["etag"]}
    assert api.get(f"/jobs/{job}/transcript", headers=known).status_code == 304


def test_a_transcript_tells_what_it_lacks(api: Api, office: Office, mp3: bytes, outcome: Outcome) -> None:
    coverage = Coverage(
        (ChannelCoverage(0, 12.5, 10.0),), (Hole(0, Timespan(4, 6.5)),), (Dropped(0, Timespan(9, 9.4), 1, "silence"),)
    )
    told = replace(
        outcome.transcript,
        coverage=coverage,
        hotwords=(TermHits("Անահիտ", 0),),
        languages=(("hy-AM", 0.9), ("en", 0.1)),
    )
    job = api.queued(mp3)["id"]
    office.finish(job, replace(outcome, transcript=told))
    answer = api.get(f"/jobs/{job}/transcript").json()
    assert answer["coverage"] == {
        "speech_seconds": 12.5, "worded_seconds": 10.0, "share": 0.8,
        "channels": [{"channel": 0, "speech_seconds": 12.5, "worded_seconds": 10.0}],
        "holes": [{"channel": 0, "start": 4.0, "end": 6.5}],
        "dropped": [{"channel": 0, "start": 9.0, "end": 9.4, "words": 1, "reason": "silence"}],
    }  # fmt: skip
    assert answer["hotwords"] == [{"term": "Անահիտ", "hits": 0}]
    assert answer["languages"] == [{"language": "hy-AM", "share": 0.9}, {"language": "en", "share": 0.1}]


def test_every_format_comes_as_a_file_with_the_recordings_name(
    api: Api, office: Office, mp3: bytes, outcome: Outcome
) -> None:
    job = api.queued(mp3, filename="../Զանգ 1.mp3")["id"]
    office.finish(job, outcome)
    for name, one in FORMATS.items():
        answer = api.get(f"/jobs/{job}/exports/{name}")
        if name == "stl":  # its code tables have no Armenian letters
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/format")
            continue
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == one.media_type
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="_____ 1.{one.extension}"; '
            f"filename*=UTF-8''_%D4%B6%D5%A1%D5%B6%D5%A3%201.{one.extension}"
        )
        assert len(answer.content) > 10
    assert "00:00:00,400 --> " in api.get(f"/jobs/{job}/exports/srt").text


def test_the_knobs_of_captions_turn(api: Api, office: Office, mp3: bytes, outcome: Outcome) -> None:
    job = api.queued(mp3)["id"]
    office.finish(job, outcome)
    where = f"/jobs/{job}/exports/srt"
    assert api.get(where).text.count(" --> ") == 1
    assert api.get(where, params={"max_words": 1}).text.count(" --> ") == 2
    assert "Speaker" not in api.get(f"/jobs/{job}/exports/txt", params={"speakers": "false"}).text
    for query in ("max_lines=0", "max_duration=inf", "max_words=x", "colour=red", "min_gap=-1", "speakers=perhaps"):
        answer = api.get(f"{where}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{query.partition('=')[0]}")
    assert api.get(f"/jobs/{job}/exports/exe").status_code == 400
