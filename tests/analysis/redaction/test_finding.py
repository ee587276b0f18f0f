"""What is found to be personal, and what is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analysis.redaction.scoring import HALVES, LANGUAGES, call, labelled, said, score

from khosq.analysis.feature import Call, Preferences
from khosq.analysis.redaction.finding import RULES, find
from khosq.analysis.redaction.result import redacted
from khosq.errors import Invalid
from khosq.transcript.transcript import Transcript

CARD = "4111 1111 1111 1111"


def hidden(one: Call, *rules: str) -> str:
    """Return what is read of a call once it is redacted."""
    return redacted(one.transcript, find(one, Preferences(redact=rules))).text


def text(language: str, *turns: str, rules: Sequence[str] = ()) -> str:
    """Return the same of turns that an agent and a customer take."""
    return hidden(call(language, *((number % 2, turn) for number, turn in enumerate(turns))), *rules)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_labelled_word_is_hidden_and_hardly_any_other(language: str) -> None:
    for half in HALVES:
        result = score(language, half)
        recall, precision = result.hidden.recall, result.hidden.precision
        assert recall is not None
        assert precision is not None
        assert recall >= 0.99, result.wrong
        assert precision >= 0.97, result.wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_calls_without_anything_personal_stay_as_they_are(language: str) -> None:
    for half in HALVES:
        clean = [one for one, marks, _ in labelled(language, half) if not marks]
        assert clean
        for one in clean:
            assert redacted(one.transcript, find(one, Preferences())) == one.transcript


# --- numbers


def test_a_card_said_over_several_turns_with_nods_between_is_one_card() -> None:
    turns = ("The number?", "It's 4111", "uh-huh", "1111 1111", "yes go on", "1111.")
    assert text("en", *turns) == "The number? It's [card] uh-huh [card] yes go on [card]."


def test_a_card_goes_on_over_a_nod_where_voices_are_not_told_apart() -> None:
    one = call("en", (None, "it's 4111 1111"), (None, "mhm"), (None, "1111 1111 thank you"))
    assert hidden(one) == "it's [card] mhm [card] thank you"


@pytest.mark.parametrize(
    "said",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "4111, 1111, 1111, 1111.",
        "41 11 11 11 11 11 11 11",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "४१११ ११११ ११११ ११११",
        "4111 1111 triple one one 1111",
        "forty-one eleven eleven eleven eleven eleven eleven eleven",
        "forty one eleven eleven eleven 1111 double one eleven",
    ],
)
def test_a_card_is_found_however_its_digits_are_grouped(said: str) -> None:
    assert text("en", f"The card is {said}").rstrip(".") == "The card is [card]"


def test_a_card_that_was_misheard_is_hidden_too() -> None:
    assert text("en", "It is 4111 1111 1111 1112 ok") == "It is [digits] ok"
    assert text("en", "It is 4111 1111 1111 1112 ok", rules=["card"]) == "It is [digits] ok"


def test_what_is_said_along_with_a_card_goes_with_it() -> None:
    assert text("en", f"{CARD} 12 27 123 thanks") == "[card] [digits] thanks"


def test_a_word_that_may_be_a_unit_takes_no_part_of_a_card_or_pin_away() -> None:
    assert text("en", f"{CARD} days, am I right?") == "[card] days, am I right?"
    assert text("en", "My PIN is 8306, am I right?") == "My PIN is [digits], am I right?"


def test_a_number_with_words_between_its_groups_is_hidden_to_its_end() -> None:
    turns = ("Your card?", "first is 4539 and then it says 1488 after that 0343", "okay", "and at the end 6467")
    assert text("en", *turns).endswith(
        "is [digits] and then it says [digits] after that [digits] okay and at the end [digits]"
    )


def test_a_part_that_is_read_back_is_hidden_too() -> None:
    assert text("en", f"{CARD}", "So 1111 it is", "yes") == "[card] So [digits] it is yes"


def test_a_number_is_told_by_the_question_before_it() -> None:
    assert text("en", "What is your PIN?", "4271", "Thanks") == "What is your PIN? [digits] Thanks"
    assert text("en", "How many seats are there?", "4271", "Thanks") == "How many seats are there? 4271 Thanks"


def test_no_number_goes_on_after_a_long_break() -> None:
    first, second = said("we are 4111 1111"), said("1111 1111 said", start=60)
    one = Call(Transcript("en", 70, (first, second)))
    assert "card" not in {item.rule for item in find(one, Preferences()).items}


@pytest.mark.parametrize(
    "amount",
    ["12,500", "3,45,000", "10:30", "2024", "$123456", "12.05.2024", "2023-2024", "37", "123456 rupees", "5000000"],
)
def test_amounts_times_and_years_are_not_personal(amount: str) -> None:
    assert text("en", f"That was {amount} then") == f"That was {amount} then"


@given(st.text("0123456789", min_size=6, max_size=19), st.data())
def test_a_phone_card_or_string_is_hidden_however_it_is_cut(digits: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(digits) - 1))))
    pieces = [digits[start:end] for start, end in zip([0, *cuts], [*cuts, len(digits)], strict=True)]
    read = text("en", f"My account is {' '.join(pieces)} indeed", "Right")
    if len(digits) >= 13:
        assert not any(map(str.isdigit, read))


# --- codes and addresses


@pytest.mark.parametrize(
    ("turn", "read"),
    [
        ("PAN ABCPE1234F please", "PAN [pan] please"),
        ("my pan is a b c p e 1234 f yes", "my pan is [pan] yes"),
        ("A for Apple B for Boy C as Cat P E 12 34 F done", "[pan] done"),
        ("we came in March 2024 a day late", "we came in March 2024 a day late"),
        ("to NL91ABNA0417164300 today", "to [iban] today"),
        ("to nl 91 abna 0417 1643 00 today", "to [iban] today"),
        ("mail john.smith@example.co.uk, please", "mail [email], please"),
        ("it is john underscore smith at the rate gmail dot com ok", "it is [email] ok"),
        ("I am at home dot dot dot", "I am at home dot dot dot"),
    ],
)
def test_codes_and_addresses_are_found(turn: str, read: str) -> None:
    assert text("en", turn) == read


def test_an_iban_with_a_wrong_sign_is_none_but_its_digits_are_hidden() -> None:
    assert text("en", "to DE88 3704 0044 0532 0130 00 today") == "to DE88 [digits] today"


# --- rules in force, and hostile calls


def test_only_the_rules_in_force_hide() -> None:
    turn = f"{CARD} or call +1 212 555 0147 or mail a@example.org"
    assert text("en", turn, rules=["phone"]) == f"{CARD} or call [phone] or mail a@example.org"
    assert find(call("en", (0, turn)), Preferences()).rules == RULES


def test_two_numbers_in_a_row_are_told_apart_where_only_theirs_is_the_rule() -> None:
    turn = "call 98765 43210 and 98765 43211 please"
    assert text("en", turn, rules=["phone"]) == "call [phone] and [phone] please"


def test_an_unknown_rule_is_refused_rather_than_skipped() -> None:
    with pytest.raises(Invalid, match="no redaction rule 'cards'"):
        find(call("en", (0, CARD)), Preferences(redact=("cards",)))


def test_the_finding_does_not_tell_what_it_found() -> None:
    stored = str(find(call("en", (0, f"{CARD} a@example.org")), Preferences()).to_json())
    assert "1111" not in stored
    assert "example" not in stored


@pytest.mark.parametrize("one", [Call(Transcript("hy", 3.0, ())), call("xx", (None, "բարև")), call("ta", (0, "4"))])
def test_calls_with_hardly_a_word_have_nothing_personal(one: Call) -> None:
    assert find(one, Preferences()).items == ()


def test_two_hundred_thousand_words_are_searched() -> None:
    kinds = ["4", "4111", "at", "at dot com", "double", "a for apple", "plus 1", "w 41 one", "NL91 a"]
    turns = [" ".join((kind.split() * 20)[:20]) for kind in kinds for _ in range(10_000 // len(kinds) + 1)][:10_000]
    utterances = [said(turn, start=9.0 * number, speaker=number % 2) for number, turn in enumerate(turns)]
    one = Call(Transcript("en", 90_000, tuple(utterances)))
    assert len(redacted(one.transcript, find(one, Preferences())).utterances) == 10_000


@given(
    st.lists(st.text("14५๓² +-.,:/()@#%€₹\u200d'éაա\u0bcdकaZ\u2066\ud7ff", max_size=12), min_size=1, max_size=12),
    st.sampled_from([*LANGUAGES, "", "zh-Hant", "../en"]),
)
def test_any_text_is_searched_and_its_finding_fits_it(pieces: list[str], language: str) -> None:
    turns = [piece for piece in pieces if piece.split()] or ["-"]
    one = call(language, *((number % 2, turn) for number, turn in enumerate(turns)))
    assert redacted(one.transcript, find(one, Preferences())).duration == one.transcript.duration
