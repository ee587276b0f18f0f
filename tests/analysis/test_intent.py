"""What customers want."""

from __future__ import annotations

import pytest
from tests.analysis.talks import call

from khosq.analysis.feature import IntentRule, Preferences
from khosq.analysis.intent import INTENTS, LANGUAGES, Intent, _rules, find

ASKED = "How can I help you?"


def of(*turns: str, language: str = "en", agent: int | None = 0, intents: tuple[IntentRule, ...] = ()) -> Intent:
    return find(call(*turns, language=language, agent=agent), Preferences(intents=intents))


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("I would like to renew my loan", "loan_renewal_interest"),
        ("I want to make a complaint", "complaint"),
        ("how much do I have to pay for my bill", "payment_query"),
        ("please stop calling me", "dnd_request"),
        ("yes I am interested tell me more", "interested"),
        ("could you call me back tomorrow", "callback_requested"),
        ("I am not really interested", "not_interested"),
        ("let me speak to your manager", "escalation"),
        ("the sun is shining", "other"),
    ],
)
def test_what_the_customer_says_is_what_the_call_is_for(said: str, intent: str) -> None:
    found = of(ASKED, said).to_json()
    assert found["intent"] == intent
    assert (found["quote"] is None) == (intent == "other")
    assert (found["likeness"] == 0) == (intent == "other")


def test_the_quote_is_what_was_said_when_and_by_whom() -> None:
    found = of(ASKED, "Well, I want my money back, please.").to_json()
    assert found["intent"] == "refund_request"
    assert found["quote"]["text"] == "money back,"
    assert found["quote"]["voice"] == 1
    assert found["quote"]["start"] == pytest.approx(5 / 3 + 0.5 + 4 / 3, abs=0.01)
    assert set(found["quote"]) == {"text", "start", "end", "voice"}


def test_the_agent_s_words_are_not_the_customer_s_wish() -> None:
    assert of("Shall I cancel your subscription?", "I only want to hear your voice").first.intent == "other"


def test_without_an_agent_everybody_is_heard() -> None:
    assert of("I want to cancel my subscription", "all right", agent=None).first.intent == "cancellation"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I don't want to renew my loan"),
        ("nl", "ik wil niet de lening verlengen"),
        ("mr", "कर्ज नूतनीकरण करायचे नाही"),
    ],
)
def test_what_is_denied_is_not_wanted(language: str, said: str) -> None:
    assert of(ASKED, said, language=language).first.intent != "loan_renewal_interest"


def test_a_misheard_wording_counts_for_less() -> None:
    found = of(ASKED, "I only have a trackin number").first
    assert found.intent == "order_status"
    assert 0.85 <= found.likeness < 1


def test_the_tenant_s_list_goes_over_the_default_one() -> None:
    rule = IntentRule("solar_panels", ("solar panels for my roof",), "en")
    found = of(ASKED, "I want to cancel my order and get solar panel for my roof", intents=(rule,))
    assert found.first.intent == "solar_panels"
    assert [one.intent for one in found.others] == ["cancellation"]
    assert of(ASKED, "solar panels for my roof", language="nl", intents=(rule,)).first.intent == "other"


def test_a_tenant_s_list_works_in_a_language_without_a_default_one() -> None:
    rule = IntentRule("résiliation", ("résilier mon contrat",))
    assert of("Bonjour", "Je veux résilier mon contrat", language="fr", intents=(rule,)).first.intent == "résiliation"


@pytest.mark.parametrize("phrase", ["", "***", "~", "|", "(", "a|b ~ *", "?" * 50])
def test_odd_phrases_of_a_tenant_do_no_harm(phrase: str) -> None:
    assert of(ASKED, "good evening", intents=(IntentRule("odd", (phrase,)),)).first.intent in {"odd", "other"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_words_every_intent(language: str) -> None:
    assert {rule.name for rule in _rules(language)} == set(INTENTS)


@pytest.mark.parametrize("turns", [(), ("yes",)])
def test_next_to_nothing_said_is_some_other_intent(turns: tuple[str, ...]) -> None:
    assert of(*turns).to_json() == {"intent": "other", "likeness": 0.0, "quote": None, "others": []}
