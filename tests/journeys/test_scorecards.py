"""A scorecard on its way from a file to the HTTP API of a server that runs."""

from __future__ import annotations

from pathlib import Path

from tests.analysis.scorecards.cards import YAML
from tests.journeys.harness import Client, Server

from khosq.identifiers import is_id


def test_a_scorecard_imported_while_the_server_runs_is_read_and_changed_there(
    server: Server, client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "card.yaml"
    file.write_text(YAML, "utf-8")
    made = server.khosq("scorecards", "import", str(file), "--tenant", client.tenant)
    assert list(made) == ["id"]
    assert is_id(made["id"])
    one = f"{server.address}/khosq/v1/scorecards/{made['id']}"
    assert client.http.get(one, timeout=30).json()["published_revision"] == 1
    written = client.http.get(f"{one}/yaml", timeout=30).text
    changed = written.replace("Greeting check", "Ողջույն")
    answer = client.http.put(one, data=changed.encode(), headers={"Content-Type": "application/yaml"}, timeout=30)
    assert (answer.status_code, answer.json()["number"], answer.json()["state"]) == (200, 2, "published")
    (listed,) = server.khosq("scorecards", "list", "--tenant", client.tenant)
    assert (listed["name"], listed["published"]) == ("Ողջույն", 2)
    bomb = "a: &a [lol, lol]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n"
    answer = client.http.put(one, data=bomb, headers={"Content-Type": "application/yaml"}, timeout=30)
    assert (answer.status_code, answer.json()["detail"]) == (400, "A scorecard has no anchors and aliases (line 1).")
