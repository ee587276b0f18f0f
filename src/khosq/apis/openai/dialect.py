"""OpenAI tells of no transcription by webhook: the answer is the transcript."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from khosq.delivery.dialect import Letter, Message, Policy
from khosq.errors import NotFound


class OpenAiDialect:
    """Words nothing; endpoints of our own API hear of these jobs."""

    events: Mapping[str, str] = MappingProxyType({})
    policy = Policy(offsets=(0.0,), deadline=10.0)
    hears_all_jobs = False

    def letter(self, message: Message) -> Letter:
        """Refuse: there is no event to word.

        Raises:
            NotFound: always.

        """
        raise NotFound(f"This API has no event {message.event!r}.")
