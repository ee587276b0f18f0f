"""Every setting, read once from the environment (``KHOSQ_…``) or the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

HOUR = 3600


def _user_dir(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "khosq"


class Settings(BaseSettings):
    """What an operator may choose."""

    model_config = SettingsConfigDict(env_prefix="KHOSQ_", extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(default_factory=lambda: _user_dir("XDG_DATA_HOME", ".local/share"))
    """Holds the database and the recordings, unless the two addresses below say otherwise."""
    database_url: str | None = None
    """``sqlite:///…`` or ``postgresql://…``; default: a SQLite file in ``data_dir``."""
    storage_url: str | None = None
    """``file:///…``, ``s3://…``, ``gs://…`` or ``az://…``; default: a folder in ``data_dir``."""
    models_dir: Path = Field(default_factory=lambda: _user_dir("XDG_CACHE_HOME", ".cache") / "models")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)
    public_url: str | None = None
    """Base of every link we hand out; default: the request's own."""
    trusted_proxies: Annotated[list[str], NoDecode] = []
    """Addresses whose forwarded headers count."""
    metrics_port: int | None = Field(None, ge=1, le=65535)
    """Serve ``/metrics`` here, on ``metrics_host``, and not on ``port``."""
    metrics_host: str = "127.0.0.1"
    secret_key: str | None = None
    """Signs links and digests keys; default: made once and kept in the database."""

    default_language: str = "hy-AM"
    """Language of a job whose API lets the caller leave it out."""
    upload_ttl: int = HOUR
    """Seconds an upload link is good for."""
    max_upload_bytes: int = 2 * 1024**3
    resumable_ttl: int = 24 * HOUR
    """Seconds after its last piece for which a resumable upload may go on."""
    max_resumable_bytes: int = 10 * 1024**3
    max_duration: float = 12 * HOUR
    """Seconds of one recording."""
    header_timeout: float = 15
    """Seconds in which a request's headers must have come."""
    body_timeout: float = 60
    """Seconds in which a JSON body must have come; for media, the longest time below 1 kB/s."""
    sync_wait: float = Field(570, gt=0)
    """Seconds for which a request may wait for its transcript, where an API answers with that itself; clients of such
    an API give up after 600 and would send the recording again."""
    fetch_timeout: float = 270
    """Seconds in which a recording must have come from its URL; three tries then take 15 minutes with their pauses."""
    min_free_bytes: int = 1024**3
    """Below this much free disk nothing new is taken in."""

    outbound_allow: Annotated[list[str], NoDecode] = []
    """Exact ``host:port`` entries that the outbound address check lets through."""
    outbound_http: bool = False
    """Allow webhook receivers on plain http."""
    hook_retries: Annotated[list[float] | None, NoDecode] = None
    """Offsets in seconds from the first try, the first 0; replaces every schedule but that of a one-try API."""

    models_auto_pull: bool = False
    """Fetch a model on first use."""
    allow_starters: bool = True
    """Let models that know synthetic speech only answer where nothing better is installed."""

    slots: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Model processes, one thread each."""
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    """What speech engines compute on; ``auto`` is the first GPU, for the engines that can use it."""
    model_idle: float = Field(600, ge=0)
    """Seconds after which a recogniser that nobody uses is dropped from memory; 0: never."""
    heartbeat: float = 2.0
    """Seconds between a worker's signs of life."""
    dead_after: float = 8.0
    """Seconds of silence after which a worker counts as dead."""
    llm_url: str | None = None
    """An OpenAI-compatible server, up to and with its ``/v1``; default: no language model is asked."""
    llm_model: str | None = Field(None, min_length=1, validate_default=True)
    """The language model's name, as its server knows it."""
    llm_key: Annotated[str, StringConstraints(strip_whitespace=True)] | None = Field(None, repr=False)
    """Sent to that server as a bearer token."""
    llm_context: int = Field(8192, ge=2048)
    """Tokens that the language model holds, question and answer."""
    llm_timeout: float = Field(60, gt=0)
    """Seconds for one question to it, from the start to the answer's last byte."""
    llm_tokens_per_day: int = Field(0, ge=0)
    """What each tenant may spend on it in a day (UTC); 0: without limit."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("trusted_proxies", "outbound_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("hook_retries", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        return [float(part) for part in value.split(",")] if isinstance(value, str) else value

    @field_validator("public_url", "llm_url")
    @classmethod
    def _is_base(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it begins with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("hook_retries")
    @classmethod
    def _rises_from_zero(cls, value: list[float] | None) -> list[float] | None:
        if value is not None and (value[0] != 0 or value != sorted(value)):
            raise ValueError("offsets in seconds begin with 0 and rise")
        return value

    @field_validator("llm_model")
    @classmethod
    def _is_with_its_address(cls, value: str | None, known: ValidationInfo) -> str | None:
        if "llm_url" in known.data and (known.data["llm_url"] is None) != (value is None):
            raise ValueError("a language model is given with both its URL and its name")
        return value

    @model_validator(mode="after")
    def _beats_in_time(self) -> Self:
        if not 0 < 2 * self.heartbeat <= self.dead_after:
            raise ValueError("dead_after is at least twice the heartbeat")
        return self

    @property
    def database(self) -> str:
        """The database's address, the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'khosq.db'}"

    @property
    def storage(self) -> str:
        """The object store's address, the default filled in."""
        return self.storage_url or (self.data_dir / "blobs").absolute().as_uri()

    def as_environment(self) -> dict[str, str]:
        """Return the settings that were given, as the environment variables that give them again."""
        given = self.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        return {f"KHOSQ_{name.upper()}": _written(value) for name, value in given.items()}


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
