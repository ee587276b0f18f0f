"""What those who run the server can ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from tests.journeys.harness import Client, Server, wait_until

if TYPE_CHECKING:
    from tests.journeys.conftest import NewServer


def test_the_server_is_alive_before_it_is_ready_and_takes_nothing_when_the_disk_is_full(new_server: NewServer) -> None:
    server = new_server(KHOSQ_MIN_FREE_BYTES=str(2**60))
    seen: list[tuple[int, int]] = []

    def is_ready() -> bool:
        try:
            alive, ready = (requests.get(f"{server.address}/{name}", timeout=10) for name in ("healthz", "readyz"))
        except requests.ConnectionError:
            return False
        seen.append((alive.status_code, ready.status_code))
        return ready.status_code == 200

    wait_until("the server to be ready", is_ready, within=60)
    assert seen[0] == (200, 503)
    assert set(seen) == {(200, 503), (200, 200)}

    client = server.client("anyone")
    answer = client.http.post(
        f"{server.address}/api/createTranscription", json={"type": "single_voice", "languageCode": "en"}, timeout=60
    )
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert set(answer.json()) == {"error"}
    server.stop()


def test_the_metrics_count_requests_and_jobs_and_name_no_tenant(server: Server, client: Client) -> None:
    job = client.create()["docId"]
    client.poll(job)
    shown = requests.get(f"{server.address}/metrics", timeout=60).text
    assert 'khosq_jobs{state="awaiting_media"}' in shown
    assert 'route="/api/getTranscription"' in shown
    assert client.tenant not in shown
    assert client.tenant_id not in shown
    assert job not in shown


def test_no_log_line_holds_a_key_or_a_signature(server: Server, client: Client) -> None:
    created = client.create()
    requests.put(created["uploadUrl"], data=b"nothing", timeout=60)
    client.poll(created["docId"])
    log = server.log.read_text("utf-8", "replace")
    assert created["docId"] in log
    assert client.key not in log
    assert created["uploadUrl"].partition("sig=")[2] not in log
