"""What goes over the wire to an OpenAI-compatible server, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

_SEED = 7


@dataclass(frozen=True, slots=True)
class Manner:
    """How one server wants to be asked: begins with everything, and goes without what is refused."""

    takes_schema: bool = True
    length: str = "max_tokens"
    """The name of the field that bounds the answer."""
    sampling: Mapping[str, int] = field(default_factory=lambda: {"temperature": 0, "seed": _SEED})

    def body(self, name: str, system: str, user: str, schema: Mapping[str, Any], most_tokens: int) -> bytes:
        """Return a request; a schema that the server does not take is told in words."""
        answer: dict[str, Any] = {"type": "json_object"}
        if self.takes_schema:
            answer = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
        else:
            system = f"{system}\nThe answer's JSON schema: {json.dumps(schema, ensure_ascii=False)}"
        request = {
            "model": name,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "response_format": answer,
            self.length: most_tokens,
            **self.sampling,
        }
        return json.dumps(request).encode()

    def without(self, refusal: bytes) -> Manner | None:
        """Return how to ask without what a refusal names, else without the schema; None: all is gone."""
        for option in self.sampling:
            if f"'{option}'".encode() in refusal or f'"{option}"'.encode() in refusal:
                return replace(self, sampling={name: value for name, value in self.sampling.items() if name != option})
        if b"max_completion_tokens" in refusal and self.length == "max_tokens":
            return replace(self, length="max_completion_tokens")
        return replace(self, takes_schema=False) if self.takes_schema else None


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    total_tokens: Annotated[int, Field(ge=0)]


class Completion(BaseModel):
    """What a server answers."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: Any = None

    @property
    def text(self) -> str:
        """What the model wrote, without what it thought before and wrapped around."""
        text = (self.choices[0].message.content or "").rpartition("</think>")[2]
        start, end = text.find("{"), text.rfind("}")
        return text[start : end + 1] if 0 <= start < end else text.strip()

    @property
    def is_refusal(self) -> bool:
        """The model, or a filter before it, would not answer."""
        return bool(self.choices[0].message.refusal) or self.choices[0].finish_reason == "content_filter"

    @property
    def is_cut(self) -> bool:
        """The answer had no room to end."""
        return self.choices[0].finish_reason == "length"

    @property
    def tokens(self) -> int | None:
        """What the server says it cost; None where it says nothing of use."""
        try:
            return _Usage.model_validate(self.usage).total_tokens
        except ValidationError:
            return None
