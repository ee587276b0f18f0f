"""Every hostile address, against both things that we do with addresses: hooks are sent, recordings are fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from tests.outbound.hostile import CLOSED_ADDRESSES, HARMLESS_AS_REDIRECT, HOSTILE_URLS
from tests.outbound.test_client import OK, TRUST, Names, Receiver, a_client, fetched, redirect, run

from khosq.errors import AddressRefused, KhosqError
from khosq.outbound.address import check_addresses, check_url
from khosq.outbound.client import OutboundClient

REDIRECTS = [url for url in dict.fromkeys(HOSTILE_URLS) if url not in HARMLESS_AS_REDIRECT and url.isprintable()] + [
    f"http://{f'[{address}]' if ':' in address else address}/latest/meta-data/" for address in CLOSED_ADDRESSES
]


class Nobody:
    """A name server that must not be asked."""

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        pytest.fail(f"{host} was asked for")


def strict(*allow: str, allow_http: bool = False) -> OutboundClient:
    return OutboundClient(allow=frozenset(allow), allow_http=allow_http, resolve=Nobody(), ssl_context=TRUST)


def test_the_tables_are_as_long_as_promised() -> None:
    assert len(set(HOSTILE_URLS)) >= 120
    assert len(REDIRECTS) >= 120


@pytest.mark.parametrize("url", dict.fromkeys(HOSTILE_URLS))
def test_a_hostile_url_is_neither_sent_to_nor_fetched(url: str) -> None:
    async def story() -> None:
        client = strict()
        with pytest.raises(AddressRefused):
            await client.send("POST", url, b"{}", {}, deadline=5)
        if not url.lower().startswith("http://example.com"):  # recordings may come over plain http
            with pytest.raises(AddressRefused):
                await fetched(client, url)

    run(story())


def test_a_hostile_redirect_is_followed_neither_by_a_fetch_nor_by_a_hook() -> None:
    async def story() -> None:
        async with Receiver().running() as receiver:
            here = f"127.0.0.1:{receiver.port}"
            client = strict(here, allow_http=True)
            for location in REDIRECTS:
                receiver.answers, receiver.requests = (redirect(location),), []
                with pytest.raises(KhosqError):
                    pytest.fail(f"{location!r} gave {await fetched(client, f'http://{here}/a.mp3')!r}")
                assert len(receiver.requests) == 1, location
                reply = await client.send("PUT", f"http://{here}/", b"{}", {}, deadline=5)
                assert (reply.status, len(receiver.requests)) == (302, 2), location

    run(story())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_hook_follows_no_kind_of_redirect_even_to_where_it_might_go(status: int) -> None:
    async def story() -> None:
        async with Receiver(OK).running() as other, Receiver().running() as receiver:
            receiver.answers = (redirect(f"http://127.0.0.1:{other.port}/", status),)
            client = strict(f"127.0.0.1:{receiver.port}", f"127.0.0.1:{other.port}", allow_http=True)
            reply = await client.send("POST", f"http://127.0.0.1:{receiver.port}/", b"{}", {}, deadline=5)
            assert (reply.status, other.requests) == (status, [])

    run(story())


@pytest.mark.parametrize("address", CLOSED_ADDRESSES)
def test_a_name_that_stands_for_the_inside_alone_or_besides_others_is_not_called(address: str) -> None:
    async def story() -> None:
        for answers in ([address], ["8.8.8.8", address], [address, "2606:4700:4700::1111"]):
            names = Names(evil=[answers])
            with pytest.raises(AddressRefused):
                await a_client(names=names).send("POST", "https://evil.example.com/", b"{}", {}, deadline=5)
            with pytest.raises(AddressRefused):
                await fetched(a_client(names=names), "http://evil.example.com/a.mp3")

    run(story())


def test_a_name_that_was_public_when_it_was_looked_at_is_refused_once_it_turns_inside() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as inner:
            url = f"http://turns.example.com:{inner.port}/"
            names = Names(turns=[["8.8.8.8"], ["127.0.0.1"]])
            looked_at = await names("turns.example.com", inner.port)
            assert check_addresses(check_url(url, allow=frozenset(), allow_http=True), looked_at)
            with pytest.raises(AddressRefused):
                await a_client(names=names).send("POST", url, b"{}", {}, deadline=5)
            with pytest.raises(AddressRefused):
                await fetched(a_client(names=names), url)
            assert inner.requests == []

    run(story())


def test_a_name_that_turns_inside_within_one_try_is_called_at_the_address_that_was_checked() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as checked:
            host = f"turns.example.com:{checked.port}"
            for again in ("send", "fetch"):
                names = Names(turns=[["127.0.0.1"], ["127.0.0.99"]])  # opened by name; nobody listens at the second
                client = a_client(host, names=names)
                if again == "send":
                    await client.send("POST", f"http://{host}/", b"{}", {}, deadline=5)
                else:
                    await fetched(client, f"http://{host}/")
                assert names.asked == ["turns.example.com"]
            assert len(checked.requests) == 2

    run(story())


def test_redirects_in_a_circle_end() -> None:
    async def story() -> None:
        async with Receiver().running() as one, Receiver().running() as two:
            here, there = (f"127.0.0.1:{receiver.port}" for receiver in (one, two))
            one.answers, two.answers = (redirect(f"http://{there}/"),), (redirect(f"http://{here}/"),)
            with pytest.raises(KhosqError, match="more than 5"):
                await asyncio.wait_for(fetched(strict(here, there), f"http://{here}/"), 5)
            assert len(one.requests) + len(two.requests) == 6

    run(story())


def test_a_hook_goes_out_as_put_with_the_customer_s_headers() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            here = f"127.0.0.1:{receiver.port}"
            chosen = {"X-Token": "t 1", "User-Agent": "theirs"}
            await strict(here, allow_http=True).send("PUT", f"http://{here}/in", b"{}", chosen, deadline=5)
            head = receiver.requests[0].decode()
            assert head.startswith("PUT /in HTTP/1.1\r\n")
            assert "X-Token: t 1" in head
            assert [line for line in head.splitlines() if line.lower().startswith("user-agent")] == [
                "User-Agent: theirs"
            ]

    run(story())
