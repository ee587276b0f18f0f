"""What a call is about: topics in a language model's words, and phrases that were really said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from khosq.analysis.feature import Preferences
from khosq.analysis.key_phrases import MOST_PHRASES, MOST_TOPICS, KeyPhrase, KeyPhrases
from khosq.analyst.asking import Asker, Drawn, Task, Whole, Wrong, left_out
from khosq.analyst.lines import Line
from khosq.analyst.wording import bare, is_written_in, name_of, shortened, tidy

_LONGEST = 60  # characters


class _KeyPhrases(Whole):
    topics: list[str]
    phrases: list[str]


_TEXT = """\
"topics": what the talk is about, at most 5 short names in {language}, the most important first.
"phrases": at most 10 phrases of one to four words that say most about this talk and no other, copied exactly from the
lines, the most telling first; no names of people, no greetings.\
"""


async def draw(asker: Asker, _: Preferences) -> Drawn:
    """Return the topics and key phrases of a call."""
    language = name_of(asker.call.transcript.language)
    task = Task(_TEXT.format(language=language), _KeyPhrases)
    topics: Counter[str] = Counter()
    phrases: Counter[str] = Counter()
    given = said = 0

    def check(found: _KeyPhrases) -> None:
        if not is_written_in(asker.call.transcript, " ".join(found.topics)):
            raise Wrong(f"The topics are not written in {language}.")

    async def look(part: Sequence[Line]) -> _KeyPhrases:
        nonlocal given, said
        found = await asker.ask(task, part, check)
        quotes = await asker.said(found.phrases, part)
        given += len(quotes)
        said += len([quote for quote in quotes if quote])
        return found.model_copy(update={"phrases": [bare(quote.text) for quote in quotes if quote]})

    for found in await asker.each(asker.parts(await asker.lines(), task), look):
        _rank(topics, found.topics)
        _rank(phrases, found.phrases)
    best = phrases.most_common(MOST_PHRASES)
    counts = await asker.counted([text for text, _ in best])
    key_phrases = KeyPhrases(
        topics=tuple(topic for topic, _ in topics.most_common(MOST_TOPICS)),
        phrases=tuple(
            KeyPhrase(text, count, round(weight / best[0][1], 3))
            for (text, weight), count in zip(best, counts, strict=True)
        ),
    )
    return Drawn(key_phrases.to_json(), left_out(given, said))


def _rank(ranked: Counter[str], texts: Sequence[str]) -> None:
    """Count a part's texts, the first of them most."""
    for place, text in enumerate(texts):
        if short := shortened(tidy(text), _LONGEST):
            ranked[short] += len(texts) - place
