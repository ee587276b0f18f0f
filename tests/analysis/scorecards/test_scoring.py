"""Answers with their evidence, and the one figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.scorecards.cards import CALL, YAML, card, question
from tests.transcript.sayings import conversations, spoken, transcript

from khosq.analysis.feature import Call
from khosq.analysis.scorecards.definition import UNITS
from khosq.analysis.scorecards.evaluation import EMBEDDED, Answer, Evaluation, SectionResult
from khosq.analysis.scorecards.judging import Judged, questions_to_judge
from khosq.analysis.scorecards.reading import read_scorecard
from khosq.analysis.scorecards.scoring import evaluate
from khosq.transcript.parties import agent_of
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript


def ask(call: Call = CALL, *, measures: Mapping[str, float | None] | None = None, **asked: Any) -> Answer:
    method = asked.pop("method", "keyword")
    (answer,) = evaluate(call, card(question(method, **asked)), measures or {}).answers
    return answer


def judge(judged: Judged | None, *, method: str = "binary", **asked: Any) -> Answer:
    given = {} if judged is None else {"q": judged}
    (answer,) = evaluate(CALL, card(question(method, **asked)), {}, given, judge="some-model").answers
    return answer


def result(*answers: tuple[int, float | None], weight: int = 1, fails: bool = False) -> SectionResult:
    made = (Answer(str(n), "?", "binary", w, fails, worth, "So.") for n, (w, worth) in enumerate(answers))
    return SectionResult("One", weight, tuple(made))


def test_the_scorecard_of_the_documentation_finds_the_greeting() -> None:
    evaluation = evaluate(CALL, read_scorecard(YAML.encode()), {})
    (answer,) = evaluation.answers
    assert evaluation.score == 100
    assert (answer.word, answer.points, answer.made_by) == ("yes", 1, EMBEDDED)
    assert answer.reason == "The agent says “good morning” in the first 30 seconds."
    assert answer.evidence is not None
    assert (answer.evidence.text, answer.evidence.time, answer.evidence.voice) == ("Good morning,", Timespan(0, 0.6), 0)


def test_a_phrase_counts_only_from_the_right_speaker() -> None:
    assert ask(phrases={"any": ["refund"]}, speaker="customer").word == "yes"
    assert ask(phrases={"any": ["my bill"]}, speaker="agent").word == "no"
    assert ask(phrases={"any": ["my bill"]}, speaker="any").word == "yes"


def test_a_phrase_counts_only_in_the_right_part() -> None:
    asked: dict[str, Any] = {"phrases": {"any": ["goodbye"]}, "speaker": "agent"}
    assert ask(**asked, within={"last_seconds": 5}).word == "yes"
    missed = ask(**asked, within={"first_seconds": 5})
    assert (missed.word, missed.reason) == ("no", "Not said by the agent in the first 5 seconds: “goodbye”.")
    assert missed.evidence is not None
    assert missed.evidence.text == "Good morning, you speak with Ann of Acme."
    assert ask(**asked, within={"first_seconds": 5, "last_seconds": 5}).word == "yes"


@pytest.mark.parametrize(
    ("phrases", "word", "evidence"),
    [
        ({"any": ["good night", "hello"]}, "yes", "Hello."),
        ({"any": ["good night", "see you"]}, "no", "Good morning, you speak"),
        ({"all": ["sorry", "refund"]}, "yes", "sorry"),
        ({"all": ["sorry", "voucher"]}, "no", "Good morning, you speak"),
        ({"none": ["voucher"]}, "yes", "Good morning, you speak"),
        ({"none": ["voucher", "refund"]}, "no", "refund."),
        ({"any": ["hello"], "all": ["sorry"], "none": ["voucher"]}, "yes", "Hello."),
        ({"any": ["hello"], "all": ["sorry"], "none": ["bill"]}, "no", "bill"),
        ({"any": ["hello"], "all": ["voucher"]}, "no", "Good morning, you speak"),
    ],
)
def test_phrases_are_wanted_one_of_them_all_or_none(phrases: dict[str, Any], word: str, evidence: str) -> None:
    answer = ask(phrases=phrases)
    assert (answer.word, answer.reason[-1:]) == (word, ".")
    assert answer.evidence is not None
    assert answer.evidence.text.startswith(evidence)


def test_reasons_name_the_phrases_and_stay_short() -> None:
    many = [f"voucher {number}" for number in range(9)]
    assert ask(phrases={"any": many}).reason == (
        "Not said by anybody: “voucher 0”, “voucher 1”, “voucher 2” and 6 more."
    )
    said = ask(phrases={"any": ["hello"], "all": ["sorry", "bill"]}, speaker="any")
    assert said.reason == "Somebody says “hello”, “sorry”, “bill”."


def test_how_alike_a_phrase_must_be_is_chosen() -> None:
    assert ask(phrases={"any": ["god mourning"]}, fuzzy=0.75).word == "yes"
    assert ask(phrases={"any": ["gud mourning"]}).word == "no"
    assert ask(phrases={"any": ["good mornings"]}).word == "yes"
    assert ask(phrases={"any": ["good mornings"]}, fuzzy=1).word == "no"


@pytest.mark.parametrize("speaker", ["agent", "customer"])
def test_a_question_about_a_role_that_no_voice_has_does_not_apply(speaker: str) -> None:
    answer = ask(replace(CALL, agent=None), phrases={"any": ["hello"]}, speaker=speaker)
    assert (answer.word, answer.points, answer.evidence) == ("n/a", None, None)
    assert answer.reason == f"It is not known who is the {speaker} in this call."


@pytest.mark.parametrize("said", [transcript(), transcript(spoken("…"))])
def test_an_empty_call_has_no_score(said: Transcript) -> None:
    evaluation = evaluate(Call(said), card(question(phrases={"any": ["hello"]})), {})
    assert (evaluation.score, evaluation.answers[0].reason) == (None, "Nothing is said in this call.")


def test_a_call_of_one_word_is_scored() -> None:
    call = Call(transcript(spoken("Hello?"), duration=1))
    assert evaluate(call, card(question(phrases={"any": ["hello"]}), question("scale", id="r")), {}).score == 100


@pytest.mark.parametrize(
    ("metric", "measured", "word"),
    [
        ({"less_than": 20}, 19.9, "yes"),
        ({"less_than": 20}, 20.0, "no"),
        ({"at_most": 20}, 20.0, "yes"),
        ({"more_than": 20}, 20.0, "no"),
        ({"at_least": 20}, 20.0, "yes"),
        ({"at_least": 10, "at_most": 20}, 21.0, "no"),
        ({"at_least": 10, "at_most": 20}, 15.0, "yes"),
        ({"at_most": 20}, None, "n/a"),
        ({"at_most": 20}, float("nan"), "n/a"),
    ],
)
def test_a_measure_is_held_against_its_bounds(metric: dict[str, float], measured: float | None, word: str) -> None:
    measures = {"longest_silence": measured, "agent.longest_silence": None}
    answer = ask(method="metric", metric={"name": "longest_silence", **metric}, measures=measures)
    assert answer.word == word
    assert (answer.measured is None) == (word == "n/a")


def test_a_measure_of_one_party_is_told_with_its_unit() -> None:
    metric = {"name": "speech_rate", "at_most": 180}
    measures = {"speech_rate": 100.0, "agent.speech_rate": 203.25}
    answer = ask(method="metric", metric=metric, speaker="agent", measures=measures)
    assert answer.reason == "The agent's speech rate is 203.25 words a minute; it should be at most 180."
    assert ask(method="metric", metric=metric, speaker="customer", measures=measures).word == "n/a"
    assert ask(method="metric", metric=metric, measures=measures).word == "yes"


def test_every_metric_has_a_unit() -> None:
    assert set(UNITS) >= {"silence", "talk_share", "time_to_first_word", "hold_time", "duration"}


def test_without_a_language_model_phrases_answer_and_else_nothing_does() -> None:
    assert ask(method="binary", phrases={"any": ["sorry"]}, speaker="agent").word == "yes"
    half = ask(method="scale", phrases={"all": ["sorry", "voucher"]})
    assert (half.points, half.most_points, half.worth) == (5, 10, 0.5)
    answer = ask(method="scale")
    assert (answer.word, answer.reason) == ("n/a", "No language model was asked, and the question has no phrases.")


def test_an_answer_whose_quote_was_said_is_taken() -> None:
    answer = judge(
        Judged(answer=True, reason="  She  says sorry. ", quote="I am so sorry to hear that"), speaker="agent"
    )
    assert (answer.word, answer.reason, answer.made_by, answer.note) == ("yes", "She says sorry.", "some-model", None)
    assert answer.evidence is not None
    assert (answer.evidence.text, answer.evidence.time.start) == ("I am sorry to hear that.", 10)


def test_an_answer_on_a_scale_is_taken() -> None:
    answer = judge(Judged(7.5, "Fairly.", "sorry to hear that"), method="scale")
    assert (answer.points, answer.word, answer.worth) == (7.5, "7.5", 0.75)


def test_an_answer_against_may_have_no_words_to_show() -> None:
    assert judge(Judged(answer=False, reason="Never said.")).word == "no"
    assert judge(Judged(None, "Nothing was sold.")).word == "n/a"


@pytest.mark.parametrize(
    ("judged", "note"),
    [
        (Judged(answer=True, reason="Yes.", quote="I will send you flowers"), "quotes what was not said"),
        (Judged(answer=False, reason="No.", quote="you are an idiot"), "quotes what was not said"),
        (Judged(answer=True, reason="Yes.", quote="My bill is wrong"), "quotes what was not said"),
        (Judged(answer=True, reason="Yes."), "shows no words"),
        (Judged(answer=True, reason="Yes.", quote="x" * 100_000), "quotes what was not said"),
        (Judged(answer=7, reason="Yes.", quote="I am sorry"), "fits no such question"),
        (None, "did not answer"),
    ],
)
def test_an_answer_that_cannot_be_believed_gives_way_to_the_embedded_one(judged: Judged | None, note: str) -> None:
    answer = judge(judged, phrases={"any": ["refund"]}, speaker="agent")
    assert (answer.word, answer.made_by) == ("yes", EMBEDDED)
    assert note in (answer.note or "")
    bare = judge(judged, speaker="agent")
    assert (bare.word, bare.note) == ("n/a", answer.note)
    assert note in bare.reason


@pytest.mark.parametrize("answer", [11, -1, float("nan"), True])
def test_an_answer_beyond_the_scale_is_none(answer: float) -> None:
    assert "fits no such question" in (judge(Judged(answer, "So.", "sorry"), method="scale").note or "")


def test_a_language_model_is_not_asked_what_can_be_counted() -> None:
    asked = [question(id="k", phrases={"any": ["hello"]}), question("binary", id="b"), question("scale", id="s")]
    metric = question("metric", id="m", metric={"name": "duration", "at_least": 1})
    scorecard = card(*asked, metric)
    assert [one.id for one in questions_to_judge(scorecard)] == ["b", "s"]
    lies = {"k": Judged(answer=False, reason="No."), "m": Judged(answer=False, reason="No.")}
    answers = evaluate(CALL, scorecard, {"duration": 60}, lies).answers
    assert [answer.word for answer in answers] == ["yes", "n/a", "n/a", "yes"]


def test_the_score_is_the_weighted_mean_of_weighted_means() -> None:
    sections = (result((3, 1.0), (1, 0.0), weight=2), result((1, 0.5), weight=1))
    assert Evaluation("x", sections).score == round(100 * (2 * 0.75 + 0.5) / 3, 2)


def test_what_was_not_answered_weighs_nothing() -> None:
    sections = (result((3, 1.0), (9, None)), result((5, None), weight=10))
    assert Evaluation("x", sections).score == 100
    assert Evaluation("x", (result((5, None)),)).score is None


def test_an_automatic_fail_makes_the_score_0_and_says_why() -> None:
    good, bad = result((1, 1.0), (1, 1.0)), result((1, 0.0), fails=True)
    assert (Evaluation("x", (good, bad)).score, Evaluation("x", (good, bad)).failed_by) == (0, ("0",))
    assert Evaluation("x", (good, result((1, None), fails=True))).score == 100
    assert Evaluation("x", (good, result((1, 0.1), fails=True))).score == 55


@given(st.lists(st.lists(st.tuples(st.integers(1, 10), st.none() | st.floats(0, 1)), min_size=1), min_size=1))
def test_a_score_is_from_0_to_100_or_null_when_nothing_was_answered(
    drawn: list[list[tuple[int, float | None]]],
) -> None:
    score = Evaluation("x", tuple(result(*answers) for answers in drawn)).score
    assert (score is None) == all(worth is None for answers in drawn for _, worth in answers)
    assert score is None or 0 <= score <= 100


@settings(max_examples=30)
@given(conversations())
def test_any_call_can_be_evaluated_and_its_stored_form_reads_the_same(said: Transcript) -> None:
    asked = [question(id="a", phrases={"all": ["to", "word"], "none": ["नमस्ते"]}, within={"last_seconds": 4})]
    asked.append(question(id="b", phrases={"any": ["longer ends"]}, speaker="customer", automatic_fail=True))
    evaluation = evaluate(Call(said, agent=agent_of(said)), card(*asked), {})
    assert Evaluation.from_json(evaluation.to_json()) == evaluation
    assert all(answer.reason for answer in evaluation.answers)


def test_a_call_of_200_000_words_is_scored() -> None:
    words = " ".join(f"word{number % 5000} and some" for number in range(66_700))
    call = Call(
        transcript(spoken(words, speaker=0, pace=0.2), spoken("yes", start=50_000, speaker=1), duration=60_000), agent=0
    )
    asked = [
        question(id=f"q{n}", phrases={"any": [f"we never said these {n} words"]}, speaker="agent") for n in range(30)
    ]
    late = question(id="late", phrases={"any": ["word4999 and"]}, within={"last_seconds": 40_000}, speaker="agent")
    evaluation = evaluate(call, card(*asked, late), {})
    assert [answer.word for answer in evaluation.answers] == ["no"] * 30 + ["yes"]
