from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from khosq.settings import Settings

GIVEN: dict[str, dict[str, object]] = {
    "nothing": {},
    "lists": {"outbound_allow": ["a:1", "b:2"], "trusted_proxies": ["10.0.0.1"], "hook_retries": [0.0, 0.5, 60.0]},
    "empty lists": {"outbound_allow": [], "trusted_proxies": []},
    "values": {
        "data_dir": Path("some where/Խ"),
        "database_url": "postgresql://me:p%40ss@db/khosq?x=1,2",
        "port": 8081,
        "outbound_http": True,
        "allow_starters": False,
        "max_duration": 0.1,
        "secret_key": "a, b=c ",
        "metrics_port": None,
    },
}


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - only here

    for name in os.environ:
        if name.startswith("KHOSQ_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_a_worker_started_with_our_environment_has_our_settings(
    given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Settings(**given)  # type: ignore[arg-type]
    for name, value in chosen.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == chosen
    assert Settings().as_environment() == chosen.as_environment()


def test_what_the_environment_gave_is_given_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHOSQ_OUTBOUND_ALLOW", "one.example:443, two.example:80 ,")
    monkeypatch.setenv("KHOSQ_HOOK_RETRIES", "0, 1.5,30")
    monkeypatch.setenv("KHOSQ_DEFAULT_LANGUAGE", "nl-NL")
    chosen = Settings()
    assert chosen.outbound_allow == ["one.example:443", "two.example:80"]
    assert chosen.hook_retries == [0, 1.5, 30]
    assert Settings(port=99).as_environment() == chosen.as_environment() | {"KHOSQ_PORT": "99"}


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHOSQ_PORT", "1")
    assert Settings(port=2).port == 2


def test_everything_lies_in_the_data_folder_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path)
    assert chosen.database == f"sqlite:///{tmp_path}/khosq.db"
    assert chosen.storage == f"file://{tmp_path}/blobs"
    elsewhere = Settings(data_dir=tmp_path, database_url="postgresql://db/k", storage_url="s3://b")
    assert (elsewhere.database, elsewhere.storage) == ("postgresql://db/k", "s3://b")


@pytest.mark.parametrize(
    ("name", "value"), [("SLOTS", "0"), ("PORT", "http"), ("HOOK_RETRIES", "0,soon"), ("LOG_LEVEL", "loud")]
)
def test_a_setting_that_cannot_be_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"KHOSQ_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_a_language_model_has_an_address_and_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Settings(llm_url="http://10.0.0.7:11434/v1/", llm_model="qwen3:8b", llm_key=" sk-1\n")
    assert (chosen.llm_url, chosen.llm_key) == ("http://10.0.0.7:11434/v1", "sk-1")
    for alone in ({"llm_url": "http://llm/v1"}, {"llm_model": "qwen3:8b"}):
        with pytest.raises(ValidationError, match=r"llm_model\n.*both"):
            Settings(**alone)  # type: ignore[arg-type]


def test_no_secret_is_shown_with_settings_or_with_what_is_wrong_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHOSQ_LLM_KEY", "sk-hidden")
    assert "sk-hidden" not in repr(Settings())
    with pytest.raises(ValidationError) as refused:
        Settings(llm_model="alone")
    assert "sk-hidden" not in str(refused.value)
