"""A tenant's own rules."""

from __future__ import annotations

import pytest
from tests.analysis.redaction.scoring import call

from khosq.analysis.feature import Call, Preferences, RedactionRule
from khosq.analysis.redaction.finding import check_rules, find
from khosq.analysis.redaction.result import redacted
from khosq.errors import Invalid
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def text(turn: str, *rules: RedactionRule, redact: tuple[str, ...] = ()) -> str:
    """Return what is read of a turn under a tenant's rules."""
    one = call("en", (0, turn))
    return redacted(one.transcript, find(one, Preferences(redact=redact, redaction_rules=rules))).text


def test_a_rule_hides_whole_words_as_they_read() -> None:
    assert (
        text("ask for Project Falcon's plan", RedactionRule("project", "(?i)falcon"))
        == "ask for Project [project] plan"
    )


def test_a_rule_finds_what_is_spelled_and_read_out() -> None:
    policy = RedactionRule("policy", r"KQ\d{5}")
    assert text("policy KQ12345 and k q one two 345 again", policy) == "policy [policy] and [policy] again"


def test_a_rule_finds_words_of_any_script() -> None:
    assert text("նա Արամ Պետրոսյանն է", RedactionRule("name", r"Արամ \pL+")) == "նա [name] է"


def test_a_rule_that_is_not_in_force_hides_nothing() -> None:
    rule = RedactionRule("policy", r"KQ\d+")
    assert text("KQ123 a@example.org", rule, redact=("email",)) == "KQ123 [email]"


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a|aa)+b", r"(.*a){20}", r"((((a*)*)*)*)*c", r"(?:x+x+)+y"])
def test_no_pattern_makes_a_call_slow(pattern: str) -> None:
    assert (
        text("a" * 50_000 + "! " + "x" * 50_000, RedactionRule("bomb", f"{pattern}z"))
        == "a" * 50_000 + "! " + "x" * 50_000
    )


@pytest.mark.parametrize(
    "pattern", ["(", "a{100000}", "((a{100}){100}){100}", r"(a)\1", "(?=a)", "x" * 1001, "a*", "", "\ud800"]
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_rules((), [RedactionRule("own", pattern)])
    assert refusal.value.field == "redaction_rules"


@pytest.mark.parametrize("name", ["", "Card", "card", "my rule", "a" * 41])
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_rules((), [RedactionRule(name, "a")])


def test_rules_that_would_be_slow_together_are_refused() -> None:
    check_rules((), [RedactionRule(f"r{number}", rf"(?i)policy {number}\d{{6,12}}") for number in range(50)])
    with pytest.raises(Invalid, match="too large"):
        check_rules((), [RedactionRule(f"r{number}", f"[a-z ]{{0,{number + 900}}}q") for number in range(10)])


def test_there_may_not_be_more_rules_than_anybody_needs() -> None:
    with pytest.raises(Invalid, match="at most 50"):
        check_rules((), [RedactionRule(f"r{number}", "a") for number in range(51)])


def test_a_word_alone_that_no_voice_is_known_of_is_found_too() -> None:
    alone = Utterance("Falcon.", (Word("Falcon.", Timespan(0, 1)),))
    found = find(Call(Transcript("en", 2.0, (alone,))), Preferences(redaction_rules=(RedactionRule("name", "Falcon"),)))
    assert [(item.rule, item.time) for item in found.items] == [("name", Timespan(0, 1))]
