"""Titles and summaries."""

# ruff: noqa: RUF001 (marks of several scripts are what is tested)

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khosq.analysis.summary import SUMMARY_LENGTH, TITLE_LENGTH, Summary, summarise
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

CALL = """hello thank you for calling acme telecom my name is john how can i help you today
hi john i have a problem with my internet connection it has been really slow since last tuesday
i'm sorry to hear that can you tell me your account number please
sure it's four five six seven eight nine
thank you let me check that for you one moment
okay
i can see that there was an outage in your area on tuesday and the router has not been restarted since
oh i see so what should i do
could you please unplug the router for thirty seconds and plug it in again
okay doing that now
yes the lights are green now and the internet connection seems faster
thank you that is very kind
is there anything else i can help you with
no that's all thank you bye
goodbye have a nice day"""

ARMENIAN_CALL = """Բարև ձեզ։ Ի՞նչ հարցով եք զանգահարում։
Բարև, հաշվի մասին է։ Իմ հաշվին այս ամիս սխալ գումար է գրված։
Հասկացա, հիմա կստուգեմ ձեր հաշիվը։ Խնդրում եմ սպասեք։
Լավ։
Այո, տեսնում եմ սխալը, վաղը կվերադարձնենք գումարը։
Շնորհակալություն, ցտեսություն։"""

TALKS = {
    "hi": """नमस्ते मैं आपकी क्या मदद कर सकता हूँ
मेरा बिजली का बिल इस महीने बहुत ज्यादा आया है
कृपया अपना ग्राहक नंबर बताइए
बिजली का मीटर गलत पढ़ा गया था इसलिए बिल ज्यादा आया है
धन्यवाद""",
    "ta": """வணக்கம் நான் உங்களுக்கு எப்படி உதவ முடியும்
என் மின்சாரக் கட்டணம் இந்த மாதம் மிக அதிகமாக வந்துள்ளது
உங்கள் மின்சார இணைப்பு எண்ணைச் சொல்லுங்கள்
மின்சார அளவி தவறாகப் படிக்கப்பட்டதால் கட்டணம் அதிகமாக வந்தது
நன்றி""",
    "te": """నమస్కారం మీకు ఎలా సహాయం చేయగలను
ఈ నెల నా కరెంటు బిల్లు చాలా ఎక్కువ వచ్చింది
మీ కరెంటు మీటరు నంబరు చెప్పండి
మీటరు తప్పుగా చదివారు అందుకే కరెంటు బిల్లు ఎక్కువ వచ్చింది
ధన్యవాదాలు""",
    "mr": """नमस्कार मी तुमची काय मदत करू शकतो
या महिन्यात माझे वीज बिल खूप जास्त आले आहे
तुमचा ग्राहक क्रमांक सांगा
मीटर चुकीचा वाचला म्हणून वीज बिल जास्त आले
धन्यवाद""",
    "nl": """goedemorgen waarmee kan ik u helpen
mijn energierekening is deze maand veel te hoog
wat is uw klantnummer
de meterstand was verkeerd doorgegeven daarom is de energierekening te hoog
bedankt en een fijne dag""",
}


def talk(text: str, language: str = "en") -> Transcript:
    utterances: list[Utterance] = []
    now = 0.0
    for line in text.splitlines():
        words = tuple(Word(piece, Timespan(now + i * 0.3, now + i * 0.3 + 0.3)) for i, piece in enumerate(line.split()))
        utterances.append(Utterance(line, words, len(utterances) % 2))
        now += len(words) * 0.3 + 0.6
    return Transcript(language, now, tuple(one for one in utterances if one.words))


def test_a_call_s_title_names_its_topic_and_the_summary_tells_problem_and_outcome() -> None:
    found = summarise(talk(CALL))
    assert found.title == "Internet connection"
    assert found.summary is not None
    assert "problem with my internet connection" in found.summary
    assert "internet connection seems faster" in found.summary
    assert "nice day" not in found.summary


def test_an_armenian_call_is_summarised_in_its_own_marks() -> None:
    found = summarise(talk(ARMENIAN_CALL, "hy-AM"))
    assert found.title == "Իմ հաշվին այս ամիս սխալ գումար է գրված"
    assert found.summary is not None
    assert "Իմ հաշվին այս ամիս սխալ գումար է գրված։" in found.summary
    assert "ցտեսություն" not in found.summary


@pytest.mark.parametrize(
    ("language", "topic"), [("hi", "बिल"), ("ta", "கட்டணம்"), ("te", "బిల్లు"), ("mr", "बिल"), ("nl", "energierekening")]
)
def test_every_language_of_the_doors_gets_its_topic(language: str, topic: str) -> None:
    found = summarise(talk(TALKS[language], language))
    assert found.title is not None
    assert found.summary is not None
    assert topic in found.title.lower()
    assert topic in found.summary
    assert len(re.findall(r"[.।](?= |$)", found.summary)) in {2, 3, 4}


def test_a_language_without_a_word_list_is_served_too() -> None:
    found = summarise(talk(TALKS["nl"], "xx"))
    assert found.summary is not None
    assert "energierekening" in found.summary


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "... — ?"])
def test_where_nothing_was_said_there_is_nothing_to_tell(text: str) -> None:
    assert summarise(talk(text)) == Summary(title=None, summary=None)


def test_two_sentences_are_a_summary_of_two() -> None:
    found = summarise(talk("my bill is wrong this month\nplease send a new one to my office"))
    assert found.summary == "My bill is wrong this month. Please send a new one to my office."


def test_one_word_is_its_own_title_and_summary() -> None:
    assert summarise(talk("yes")) == Summary(title="Yes", summary="Yes.")


def test_sentences_keep_the_order_in_which_they_were_said() -> None:
    found = summarise(talk(CALL)).summary or ""
    places = [CALL.find(sentence.strip().rstrip(".")[1:]) for sentence in found.split(". ")]
    assert -1 not in places
    assert places == sorted(places)


def test_the_same_thing_said_twice_is_told_once() -> None:
    text = "the red bus leaves at noon from the old market square\n" * 5 + "bring your own lunch and a warm coat please"
    assert (summarise(talk(text)).summary or "").lower().count("red bus") == 1


def test_the_finding_is_the_same_each_time_and_can_be_stored() -> None:
    first, second = summarise(talk(CALL)), summarise(talk(CALL))
    assert first == second
    assert first.to_json() == {"title": first.title, "summary": first.summary}


def test_eight_hours_of_speech_take_seconds() -> None:
    lines = [" ".join(f"word{(line * 31 + place * place) % 4001}" for place in range(15)) for line in range(3334)]
    transcript = talk("\n".join(lines))
    began = time.process_time()
    found = summarise(transcript)
    assert time.process_time() - began < 5
    assert found.title
    assert found.summary


@settings(deadline=None)
@given(st.text(max_size=400), st.sampled_from(["en", "hy-AM", "und", ""]))
def test_any_text_gives_short_findings_or_none(text: str, language: str) -> None:
    found = summarise(talk(text, language))
    assert (found.title is None) == (found.summary is None)
    if found.title is not None and found.summary is not None:
        assert 0 < len(found.title) <= TITLE_LENGTH + 2  # a first letter may double in upper case
        assert 0 < len(found.summary) <= SUMMARY_LENGTH + 2
