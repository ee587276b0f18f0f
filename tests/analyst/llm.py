"""A language model's server for tests: speaks the protocol over a real socket, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Question = dict[str, Any]
Behaviour = Callable[["Server", Question, asyncio.StreamWriter], Awaitable[None]]
LINE = re.compile(r"^\[(\d+) (\d+:\d\d)(?: voice (\d+))?\] (.*)$", re.MULTILINE)


@dataclass
class Server:
    """Answers each question by the next behaviour, and by the last one for good."""

    behaviours: list[Behaviour]
    questions: list[Question] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    url: str = ""
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            assert length is not None
            question = json.loads(await reader.readexactly(int(length[1])))
            self.headers.append(head)
            self.questions.append(question)
            behave = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
            await behave(self, question, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left, as some tests want it to
        finally:
            self.at_once -= 1
            writer.close()


@asynccontextmanager
async def serving(*behaviours: Behaviour) -> AsyncIterator[Server]:
    server = Server(list(behaviours))
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listening.close()


def user_of(question: Question) -> str:
    return str(question["messages"][1]["content"])


def system_of(question: Question) -> str:
    return str(question["messages"][0]["content"])


def lines_in(question: Question) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that a question shows."""
    yield from ((int(found[1]), found[4]) for found in LINE.finditer(user_of(question)))


def fields_of(question: Question) -> set[str]:
    """Return what the answer is to have at its top."""
    return set(question["response_format"]["json_schema"]["schema"]["properties"]) - {"codes"}


def codes_in(question: Question) -> str:
    """Return what shows that a question was read from its beginning to its end."""
    return " ".join(re.findall(r"^</?call (\w+)>$", user_of(question), re.MULTILINE))


async def send(writer: asyncio.StreamWriter, status: int, body: bytes, *headers: str) -> None:
    head = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    writer.write("\r\n".join(head).encode() + body)
    await writer.drain()


def completion(text: str | None, *, tokens: int | None = 100, finish: str = "stop", **message: Any) -> bytes:
    """Return a whole answer of the protocol."""
    whole: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text} | message}],
    }
    if tokens is not None:
        whole["usage"] = {"prompt_tokens": tokens // 2, "completion_tokens": tokens - tokens // 2}
        whole["usage"]["total_tokens"] = tokens
    return json.dumps(whole).encode()


def says(answer: Callable[[Question], Any] | Any, *, tokens: int | None = 100, **how: Any) -> Behaviour:
    """Answer well: with what ``answer`` makes of a question, or with just that."""

    async def behave(_: Server, question: Question, writer: asyncio.StreamWriter) -> None:
        made = answer(question) if callable(answer) else answer
        if isinstance(made, dict) and (codes := codes_in(question)):
            made = {"codes": codes} | made
        text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
        await send(writer, 200, completion(text, tokens=tokens, **how))

    return behave


def answers(status: int, body: bytes = b"", *headers: str) -> Behaviour:
    """Answer with these very bytes."""

    async def behave(_: Server, _question: Question, writer: asyncio.StreamWriter) -> None:
        await send(writer, status, body, *headers)

    return behave


async def hangs(_: Server, _question: Question, writer: asyncio.StreamWriter) -> None:
    """Take the question and say nothing."""
    while not writer.transport.is_closing():  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.05)


async def drips(_: Server, _question: Question, writer: asyncio.StreamWriter) -> None:
    """Send a good answer, slower than anybody waits."""
    body = completion(json.dumps({"title": "A", "summary": "B"}))
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    for byte in body:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def breaks_off(_: Server, _question: Question, writer: asyncio.StreamWriter) -> None:
    """Promise more than comes."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"choices": [{"mess')
    await writer.drain()


async def never_ends(_: Server, _question: Question, writer: asyncio.StreamWriter) -> None:
    """Send more than any answer has."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()
