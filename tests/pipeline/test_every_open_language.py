"""A language that nobody named, and words to expect, with a real engine that can do both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.speech.engines.whisper_model import write_whisper

from khosq.assembly.models import Languages, candidates, open_workshop, resolver
from khosq.errors import ModelMissing
from khosq.media.recording import MediaType
from khosq.pipeline.plan import Plan, Sound
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings
from khosq.speech.hub import Progress
from khosq.speech.resolution import ModelChoice
from khosq.speech.weights import describe_folder, import_folder
from khosq.transcript.transcript import Transcript

SPOKEN = ("te", "hy", "en")
Run = Callable[..., tuple[Plan, Transcript]]


@pytest.fixture(scope="module")
def settings(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A server whose only recogniser is a Whisper of three languages."""
    models_dir = tmp_path_factory.mktemp("models")
    for part in parts.iterdir():
        if part.name in {"silero-vad", "ge2e"}:
            (models_dir / part.name).symlink_to(part)
    return Settings(data_dir=models_dir / "data", models_dir=models_dir, models_auto_pull=False, slots=1)


@pytest.fixture(scope="module")
def workshop(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = write_whisper(tmp_path_factory.mktemp("whisper"))
    entry = describe_folder(folder, name="tiny", languages=SPOKEN, licence="MIT")
    import_folder(entry, folder, settings.models_dir)
    with open_workshop(settings) as workshop:
        yield workshop


@pytest.fixture(scope="module")
def run(workshop: Workshop, recording: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    def take(**wishes: Any) -> tuple[Plan, Transcript]:
        folder = tmp_path_factory.mktemp("sound")

        async def go() -> tuple[Plan, Transcript]:
            file, media_type = recording("en-leisure")[1], MediaType.WAV
            sound = await workshop.decode(file, media_type=media_type, into=folder, max_seconds=60, most_channels=1)
            plan = await workshop.plan(folder, sound, **wishes)
            return plan, await workshop.transcribe(folder, sound, plan)

        return asyncio.run(go())

    return take


def test_the_language_is_one_of_those_that_may_be_spoken(run: Run) -> None:
    plan, transcript = run(language=None, languages=["hy-AM", "te"])
    assert plan.identified is not None
    assert plan.model.model == "tiny"
    assert transcript.language == plan.model.language == plan.identified.language
    assert {language for language, _ in transcript.languages} <= {"hy-AM", "te"}
    assert sum(share for _, share in transcript.languages) == pytest.approx(1, abs=0.01)
    assert transcript.languages[0][0] == transcript.language
    assert Transcript.from_json(transcript.to_json()) == transcript


def test_any_language_that_can_be_written_down_may_be_spoken(run: Run, settings: Settings) -> None:
    assert candidates(settings)[0] == settings.default_language
    assert {*SPOKEN} <= {*candidates(settings)}
    assert Languages(settings).can_identify()
    _, transcript = run(language=None)
    assert transcript.language in candidates(settings)
    assert len(transcript.languages) >= 1


def test_where_nobody_speaks_the_usual_language_is_taken(workshop: Workshop, tmp_path: Path) -> None:
    sound = Sound(2.0, 1)
    sound.files(tmp_path)[0].path.write_bytes(bytes(64_000))
    plan = asyncio.run(workshop.plan(tmp_path, sound, language=None, languages=["te", "hy"]))
    assert (plan.identified, plan.model.language) == (None, "te")


@pytest.mark.usefixtures("workshop")
def test_who_waits_for_a_model_is_told_how_much_of_it_has_come(settings: Settings, tmp_path: Path) -> None:
    chooses = resolver(settings)

    def fetch_first(language: str, *, on_progress: Progress | None = None) -> ModelChoice:
        assert on_progress is not None
        on_progress(5, 10)
        return chooses(language)

    sound = Sound(2.0, 1)
    sound.files(tmp_path)[0].path.write_bytes(bytes(64_000))
    told: list[tuple[int, int | None]] = []
    with open_workshop(settings, resolve=fetch_first) as workshop:
        note = workshop.plan(tmp_path, sound, language="te", on_pull=lambda *news: told.append(news))
        assert asyncio.run(note).model.model == "tiny"
    assert told == [(5, 10)]


def test_words_to_expect_make_a_difference_and_are_counted(run: Run) -> None:
    _, without = run(language="hy")
    _, transcript = run(language="hy", hotwords=["Prompted", "Yerevan"])
    assert "prompted" not in without.text.casefold()
    assert "prompted" in transcript.text.casefold()
    assert [(one.term, one.hits > 0) for one in transcript.hotwords] == [("Prompted", True), ("Yerevan", False)]
    assert not any("hotwords" in warning for warning in transcript.warnings)


@pytest.mark.usefixtures("workshop")
def test_without_a_model_that_tells_languages_apart_the_command_is_named(
    settings: Settings, tmp_path: Path, recording: Any
) -> None:
    bare = _without_models(settings, tmp_path)
    assert not Languages(bare).can_identify()
    assert "khosq models pull" in Languages(bare).missing_identifier()

    async def go() -> None:
        file, media_type = recording("en-leisure")[1], MediaType.WAV
        with open_workshop(bare) as workshop:
            sound = await workshop.decode(file, media_type=media_type, into=tmp_path, max_seconds=60, most_channels=1)
            await workshop.plan(tmp_path, sound, language=None)

    with pytest.raises(ModelMissing, match="tell which language is spoken"):
        asyncio.run(go())


def _without_models(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings of a server with nothing but the parts."""
    folder = tmp_path / "models"
    folder.mkdir()
    for part in ("silero-vad", "ge2e"):
        if (settings.models_dir / part).exists():
            (folder / part).symlink_to(settings.models_dir / part)
    return settings.model_copy(update={"models_dir": folder})
