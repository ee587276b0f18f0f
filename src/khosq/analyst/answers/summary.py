"""A title and a summary, written by a language model; of a long call from notes on its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from khosq.analysis.feature import Preferences
from khosq.analysis.summary import SUMMARY_LENGTH, TITLE_LENGTH, Summary
from khosq.analyst.asking import Asker, Drawn, Task, Whole, Wrong
from khosq.analyst.lines import Line, tokens_of
from khosq.analyst.model import NoAnswer
from khosq.analyst.wording import is_written_in, name_of, shortened, tidy


class _Summary(Whole):
    title: str
    summary: str


class _Notes(Whole):
    notes: list[str]


_TITLE_AND_SUMMARY = """\
Write a title of at most {title} characters and a summary of 2 to 4 sentences, at most {summary} characters together:
why the call was made, what came of it, what happens next. Write both in {language}. Tell nothing that is not said.\
"""
_OF_NOTES = " The call is long: the lines are notes on its parts, in order."
_NOTE_DOWN = """\
This is one part of a long call. Note down in {language} what matters in it, in at most {most} short sentences that can
be understood by themselves. Tell nothing that is not said.\
"""


async def draw(asker: Asker, _: Preferences) -> Drawn:
    """Return the title and the summary of a call."""
    language = name_of(asker.call.transcript.language)
    wish = _TITLE_AND_SUMMARY.format(title=TITLE_LENGTH, summary=SUMMARY_LENGTH, language=language)
    whole = await asker.lines()

    async def note_down(part: Sequence[Line]) -> Sequence[Line]:
        task = Task(_NOTE_DOWN.format(language=language, most=max(1, min(8, len(part) // 4))), _Notes)

        def check(found: _Notes) -> None:
            if tokens_of(_as_lines(found, part)) > max(tokens_of(part) // 2, asker.room_to_answer // 8):
                raise Wrong("It is too long; write fewer and shorter sentences.")

        return _as_lines(await asker.ask(task, part, check), part)

    def check(found: _Summary) -> None:
        if not (tidy(found.title) and tidy(found.summary)):
            raise Wrong("It is empty.")
        if not is_written_in(asker.call.transcript, found.summary):
            raise Wrong(f"It is not written in {language}.")

    lines = await asker.narrowed(whole, Task(wish + _OF_NOTES, _Summary), note_down)
    if not lines:
        raise NoAnswer("The language model notes nothing of the call.")
    found = await asker.ask(Task(wish if lines is whole else wish + _OF_NOTES, _Summary), lines, check)
    summary = Summary(shortened(tidy(found.title), TITLE_LENGTH), shortened(tidy(found.summary), SUMMARY_LENGTH))
    return Drawn(summary.to_json())


def _as_lines(found: _Notes, part: Sequence[Line]) -> list[Line]:
    return [replace(part[0], text=text, voice=None) for note in found.notes if (text := tidy(note))]
