"""Choosing the lines of a long call that matter for a question: what is asked next still stands on real words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from khosq.analyst.asking import Asker, Task, Whole, Wrong
from khosq.analyst.lines import Line, tokens_of

_SHARE = 4
"""One line in so many may stay."""


class _Chosen(Whole):
    lines: list[int]
    """Their numbers."""


def choosing(asker: Asker, purpose: str) -> Callable[[Sequence[Line]], Awaitable[Sequence[Line]]]:
    """Return what chooses among the lines of one part."""

    async def choose(part: Sequence[Line]) -> Sequence[Line]:
        most = max(1, len(part) // _SHARE)
        task = Task(
            f"This is one part of a long call. Name the numbers of at most {most} lines that somebody must read to "
            f"{purpose} If nothing in it matters for that, name none.",
            _Chosen,
        )
        there = {line.number: line for line in part}

        def check(chosen: _Chosen) -> None:
            if not there.keys() >= set(chosen.lines):
                raise Wrong("It names lines that are not in this part.")
            sizes = [there[number].tokens for number in set(chosen.lines)]
            if len(sizes) > most or (len(sizes) > 1 and sum(sizes) > tokens_of(part) // 2):
                raise Wrong(f"It names too much; name at most {most} lines, better fewer.")

        chosen = await asker.ask(task, part, check)
        return [there[number] for number in sorted(set(chosen.lines))]

    return choose
