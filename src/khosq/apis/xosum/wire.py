"""Xosum's JSON, in Xosum's spelling."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

RecordingType = Literal["single_voice", "phone_call"]
Status = Literal["uploading", "processing", "converting", "transcribed", "failed"]


class CreateTranscription(BaseModel):
    """Body of ``POST /api/createTranscription``."""

    model_config = ConfigDict(extra="ignore")

    type: RecordingType = Field(description="Plain text, or text with two labelled speakers.")
    metadata: dict[Any, Any] = Field(
        default_factory=dict, description="Free data, echoed in polling and webhooks; at most 16 KiB of JSON."
    )
    checklist_id: str = Field(default="", alias="checklistId", description="QA checklist to run afterwards.")
    language_code: str | None = Field(
        default=None,
        alias="languageCode",
        description="Extension of this server: BCP 47 tag of the language spoken; default: the server's.",
        json_schema_extra={"type": "string"},
    )


class Created(BaseModel):
    """Answer of ``POST /api/createTranscription``."""

    doc_id: str = Field(alias="docId", description="Job id.")
    upload_url: str = Field(alias="uploadUrl", description="Signed: `PUT` the MP3 here before it expires.")


class TranscriptionJob(BaseModel):
    """Answer of ``GET /api/getTranscription``."""

    doc_id: str = Field(alias="docId")
    status: Status
    created_at: str | None = Field(alias="createdAt", description="ISO 8601.")
    type: RecordingType | None
    duration: float | None = Field(description="Seconds of audio; null until decoded.")
    metadata: dict[str, Any]
    transcription: str | None = Field(default=None, description="Only when `transcribed`.")
    title: str | None = Field(default=None, description="Only when `transcribed`.")
    resolution: str | None = Field(default=None, description="Summary; only when `transcribed`.")
    language_code: str | None = Field(default=None, alias="languageCode", description="Only when `transcribed`.")
    error: str | None = Field(default=None, description="Only when `failed`.")


class Problem(BaseModel):
    """Every refusal."""

    error: str
