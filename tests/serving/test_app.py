from __future__ import annotations

import time
from collections.abc import MutableMapping, Sequence
from typing import Any

import pytest
import requests
from structlog.testing import capture_logs


@pytest.fixture
def base(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def test_an_unknown_path_is_refused_in_the_shape_of_its_owner(base: str) -> None:
    ours, others = requests.get(f"{base}/things/none", timeout=5), requests.get(f"{base}/none", timeout=5)
    assert (ours.status_code, ours.headers["content-type"]) == (404, "application/json")
    assert (others.status_code, others.headers["content-type"]) == (404, "text/plain; charset=utf-8")


def test_a_wrong_method_names_the_right_one(base: str) -> None:
    answer = requests.get(f"{base}/things/json", timeout=5)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "fault" in answer.json()


def test_a_wrong_method_names_all_the_right_ones(base: str) -> None:
    answer = requests.put(f"{base}/things/resting", timeout=5)
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")


def test_a_slash_too_many_is_not_redirected(base: str) -> None:
    assert requests.post(f"{base}/things/json/", timeout=5, allow_redirects=False).status_code == 404


def test_unreadable_json_is_refused_in_the_door_s_shape(base: str) -> None:
    answer = requests.post(f"{base}/things/json", data=b"{", timeout=5)
    assert (answer.status_code, list(answer.json())) == (400, ["fault"])


def test_when_to_come_back_is_said(base: str) -> None:
    answer = requests.get(f"{base}/things/resting", timeout=5)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "9")


def test_a_fault_of_ours_tells_the_log_and_not_the_caller(base: str) -> None:
    with capture_logs() as lines:
        answer = requests.get(f"{base}/things/broken?key=hidden", timeout=5)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert any(line.get("action") == "request_failed" and "secret" in line["error"] for line in lines)
    assert "hidden" not in str(lines)


def wait_for_lines(lines: Sequence[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    """Return the lines of answered requests; the client may have its answer before they are written."""
    deadline = time.monotonic() + 10
    while not (found := [line for line in lines if line.get("action") == "request_answered"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_each_request_is_one_log_line_without_its_query(base: str) -> None:
    with capture_logs() as lines:
        requests.put(f"{base}/things/media/one?sig=hidden", data=b"abc", timeout=5)
        (line,) = wait_for_lines(lines)
    assert (line["method"], line["path"], line["status"]) == ("PUT", "/things/media/one", 200)
    assert "hidden" not in str(line)


def test_metrics_count_by_route_template_and_never_by_path(base: str) -> None:
    requests.put(f"{base}/things/media/somebodys-name", data=b"abc", timeout=5)
    requests.get(f"{base}/nothing-of-ours", timeout=5)
    text = requests.get(f"{base}/metrics", timeout=5).text
    assert 'route="/things/media/{name}",status="200"' in text
    assert 'route="unmatched"' in text
    assert 'khosq_jobs{state="queued"} 3.0' in text
    assert "somebodys" not in text
    assert "nothing-of-ours" not in text


def test_it_says_that_it_lives_and_is_ready(base: str) -> None:
    assert [requests.get(f"{base}/{path}", timeout=5).status_code for path in ("healthz", "readyz")] == [200, 200]
