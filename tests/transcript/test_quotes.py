"""Phrases among words that were said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.transcript.sayings import conversations, spoken, transcript

from khosq.errors import Invalid
from khosq.transcript.quotes import LONGEST_PHRASE, Quote, Quotes, tokens_of, verify_quote
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript

CALL = transcript(
    spoken("Good morning, this is Ann.", speaker=0),
    spoken("Hello. I'd like to re-open my account.", start=2, speaker=1),
    spoken("Of course. Good morning again!", start=6, speaker=0),
)


def found(phrase: str, *said: str, likeness: float = 1.0) -> str | None:
    quote = Quotes(transcript(*(spoken(one, start=5.0 * at) for at, one in enumerate(said)))).find(
        phrase, likeness=likeness
    )
    return quote.text if quote else None


def test_a_phrase_is_found_where_it_was_first_said_and_reads_as_it_was_said() -> None:
    assert Quotes(CALL).find("GOOD morning") == Quote("Good morning,", Timespan(0, 0.6), 0)
    assert [quote.time.start for quote in Quotes(CALL).every("good morning")] == [0, 6.6]


def test_only_whole_words_count() -> None:
    assert found("hell", "hello othello") is None
    assert found("hello hello", "hello, hello") == "hello, hello"


def test_only_the_voices_asked_for_count() -> None:
    assert Quotes(CALL).find("hello", voices={0}) is None
    assert Quotes(CALL).find("hello", voices={1}) is not None
    assert Quotes(CALL).find("hello", voices=set()) is None


def test_only_the_time_asked_for_counts() -> None:
    quotes = Quotes(CALL)
    late = quotes.find("good morning", within=Timespan(5, 60))
    assert late is not None
    assert late.time.start == 6.6
    assert quotes.find("good morning", within=Timespan(2, 6)) is None
    assert quotes.find("good morning", within=Timespan(0, 0.4)) is None


def test_a_phrase_goes_on_across_utterances_of_one_voice_but_not_across_a_long_silence() -> None:
    near = transcript(spoken("thank you", speaker=0), spoken("yes", start=1, speaker=1), spoken("very much", start=2))
    assert Quotes(near).find("you yes") is None
    near = transcript(spoken("thank you", speaker=0), spoken("very much", start=2, speaker=0))
    far = transcript(spoken("thank you", speaker=0), spoken("very much", start=20, speaker=0))
    assert Quotes(near).find("thank you very much") is not None
    assert Quotes(far).find("thank you very much", likeness=0.9) is None


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("re open", "Re-open,"),
        ("dont", "Don’t"),  # noqa: RUF001
        ("een cafe", "Één café"),
        ("ինչ է", "Ինչ՞ է"),
        ("Երևան", "Երեւան"),
        ("եւ", "և"),
        ("ԵՎ", "եւ"),
        ("क़लम", "\u0915\u093cलम"),
        ("\u095cका", "डका"),
        ("हाँ", "हां"),
        ("हिन्दी", "हिंदी।"),
        ("२५ रुपये", "25 रुपये"),
        ("நன்றி", "நன்றி."),
        ("\u0b95\u0bca", "\u0b95\u0bc6\u0bbe"),
        ("క్షమించండి", "క్షమించండి!"),
        ("ﬁne", "fine"),
        ("おはよう", "おはようございます"),
    ],
)
def test_spelling_that_two_writers_would_write_differently_does_not_matter(phrase: str, said: str) -> None:
    assert found(phrase, f"so {said} then") is not None


@pytest.mark.parametrize(("phrase", "said"), [("कि", "की"), ("மன", "மான"), ("कल", "कला"), ("sol", "sal")])
def test_signs_that_make_another_word_matter(phrase: str, said: str) -> None:
    assert found(phrase, said) is None


def test_what_is_nearly_said_is_found_only_when_asked_for() -> None:
    said = "well gud mornning to you"
    assert found("good morning", said) is None
    quote = Quotes(transcript(spoken(said))).find("good morning", likeness=0.7)
    assert quote is not None
    assert (quote.text, quote.time) == ("gud mornning", Timespan(0.3, 0.9))
    assert 0.7 <= quote.likeness < 1
    assert found("good evening", said, likeness=0.85) is None


def test_what_is_nearly_said_is_looked_for_only_where_it_counts() -> None:
    said = transcript(spoken("god morning", start=1), spoken("good mornin", start=4))
    for start, text in ((0, "god morning"), (3, "good mornin")):
        quote = Quotes(said).find("good morning", likeness=0.8, within=Timespan(start, 60))
        assert quote is not None
        assert quote.text == text
    early = Quotes(said).find("good morning", likeness=0.8, within=Timespan(0, 3))
    assert early is not None
    assert early.text == "god morning"
    assert Quotes(said).find("good morning", likeness=0.8, within=Timespan(0, 1.2)) is None


def test_words_joined_or_split_by_the_recognizer_are_nearly_said() -> None:
    assert found("thank you", "so thankyou then", likeness=0.85) == "thankyou"
    assert found("goedemorgen", "ja goede morgen mevrouw", likeness=0.85) == "goede morgen"


def test_the_first_words_of_somebody_are_quoted_up_to_a_long_silence() -> None:
    said = transcript(spoken("Hm. Hello there, you", speaker=1, start=1), spoken("wait", speaker=1, start=30))
    assert Quotes(said).opening(words=3) == Quote("Hm. Hello there,", Timespan(1, 1.9), 1)
    opening = Quotes(said).opening(voices={1}, within=Timespan(1.5, 60))
    assert opening is not None
    assert opening.text == "there, you"
    late = Quotes(said).opening(within=Timespan(20, 60))
    assert late is not None
    assert late.text == "wait"
    assert Quotes(said).opening(voices={0}) is None


def test_a_quote_that_nobody_said_is_not_verified() -> None:
    assert verify_quote(CALL, "I would like to close my account now please") is None
    assert verify_quote(CALL, "") is None
    assert verify_quote(CALL, "…!?") is None
    assert verify_quote(CALL, "account " * LONGEST_PHRASE) is None


def test_a_verified_quote_is_given_back_as_it_was_said() -> None:
    quote = verify_quote(CALL, "I would like to reopen my account", likeness=0.7)
    assert quote is not None
    assert quote.text == "I'd like to re-open my account."
    assert (quote.voice, Quote.from_json(quote.to_json())) == (1, quote)


def test_a_phrase_that_is_far_too_long_is_refused() -> None:
    with pytest.raises(Invalid):
        Quotes(CALL).find("x" * (LONGEST_PHRASE + 1))


def test_nothing_is_found_where_nothing_was_said() -> None:
    assert Quotes(transcript()).find("hello", likeness=0.5) is None
    assert Quotes(transcript(spoken("Hm."))).find("hello there everybody", likeness=0.5) is None


@settings(max_examples=40)
@given(conversations())
def test_every_word_can_be_quoted_from_any_transcript(said: Transcript) -> None:
    quotes = Quotes(said)
    for utterance in said.utterances:
        for word in utterance.words:
            quote = quotes.find(word.text)
            assert (quote is None) == (not tokens_of(word.text))
            near = quotes.find(f"{word.text} zzz", likeness=0.3)
            assert near is None or near.text


def test_every_phrase_of_a_very_long_call_is_looked_for_in_bounded_time() -> None:
    words = " ".join(f"word{number % 5000} the of" for number in range(33_000))
    quotes = Quotes(transcript(spoken(words, speaker=0, pace=0.2), duration=60_000))
    for number in range(20):
        assert quotes.find(f"quite unlikely {number} sentence of the kind", likeness=0.9) is None
    assert quotes.find("wrd4999 the of", likeness=0.9) is not None
