"""What people say they will do, each found by a language model on words that were really said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from khosq.analysis.action_items import MOST_ITEMS, ActionItem, ActionItems
from khosq.analysis.feature import Preferences
from khosq.analyst.asking import Answer, Asker, Drawn, Task, Whole, left_out
from khosq.analyst.lines import Line
from khosq.analyst.wording import bare, name_of, shortened, tidy

_LONGEST = 200  # characters


class _Item(Answer):
    what: str
    quote: str
    due: str | None


class _Items(Whole):
    items: list[_Item]


_TEXT = """\
Find what somebody promises or is asked to do after this call, and agrees to; most calls have none to three such things.
"what": one short sentence in {language}. "quote": the words that show it, copied exactly from one voice's line.
"due": the words of that line that say until when, copied exactly; null if it says nothing of that.\
"""


async def draw(asker: Asker, _: Preferences) -> Drawn:
    """Return the action items of a call, told in the model's words at the time of those that show them."""
    task = Task(_TEXT.format(language=name_of(asker.call.transcript.language)), _Items)

    async def look(part: Sequence[Line]) -> tuple[list[ActionItem], int]:
        items = (await asker.ask(task, part)).items
        quotes = await asker.said([item.quote for item in items], part)
        dues = await asker.said([item.due or "" for item in items], part)
        found = [
            ActionItem(
                replace(quote, text=shortened(tidy(item.what), _LONGEST) or quote.text), bare(due.text) if due else None
            )
            for item, quote, due in zip(items, quotes, dues, strict=True)
            if quote is not None
        ]
        return found, len(items)

    parts = await asker.each(asker.parts(await asker.lines(), task), look)
    items = sorted((item for found, _ in parts for item in found), key=lambda item: item.said.time)
    note = left_out(sum(given for _, given in parts), len(items))
    return Drawn(ActionItems(tuple(items[:MOST_ITEMS])).to_json(), note)
