"""What the customer wants, chosen by a language model from the names there are, on words that were really said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import create_model

from khosq.analysis.feature import IntentRule, Preferences
from khosq.analysis.intent import INTENTS, MOST_OTHERS, OTHER, Intent, Wanted
from khosq.analyst.asking import Answer, Asker, Drawn, Task, Whole, left_out, one_of
from khosq.analyst.narrowing import choosing
from khosq.analyst.wording import tidy

_MOST_EXAMPLES = 3

_TEXT = """\
Name what the customer wants, the most important first; at most {most}, mostly one, and none if no name fits:
{names}
"quote": the words that show it, copied exactly from one voice's line.\
"""


async def draw(asker: Asker, preferences: Preferences) -> Drawn:
    """Return what a call is for."""
    names = _described(preferences.intents)
    task = Task(_TEXT.format(names="\n".join(names.values()), most=1 + MOST_OTHERS), _answer_of(tuple(names)))
    lines = await asker.narrowed(await asker.lines(), task, choosing(asker, "know what the customer wants."))
    if not lines:
        return Drawn(Intent(Wanted(OTHER, 0.0, None)).to_json())
    found: Any = await asker.ask(task, lines)
    quotes = await asker.said([one.quote for one in found.wanted], lines)
    wanted: dict[str, Wanted] = {}
    for one, quote in zip(found.wanted, quotes, strict=True):
        if quote is not None:
            wanted.setdefault(one.intent, Wanted(one.intent, quote.likeness, quote))
    first, *others = list(wanted.values()) or [Wanted(OTHER, 0.0, None)]
    said = len([quote for quote in quotes if quote])
    return Drawn(Intent(first, tuple(others[:MOST_OTHERS])).to_json(), left_out(len(quotes), said))


def _described(rules: Sequence[IntentRule]) -> dict[str, str]:
    """Return every intent's line in the task by its name, the tenant's own first."""
    own: dict[str, list[str]] = {}
    for rule in rules:
        own.setdefault(rule.name, []).extend(rule.phrases)
    described = {
        name: f"- {name}, such as: {'; '.join(map(tidy, phrases[:_MOST_EXAMPLES]))}" for name, phrases in own.items()
    }
    return described | {name: f"- {name}" for name in INTENTS if name not in described}


def _answer_of(names: Sequence[str]) -> type[Whole]:
    one = create_model("WantedIntent", __base__=Answer, intent=(one_of(names), ...), quote=(str, ...))
    many: Any = list
    return create_model("WantedIntents", __base__=Whole, wanted=(many[one], ...))
