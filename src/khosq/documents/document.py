"""What a document is: a wish about a transcript's layout. The words stay the transcript's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from khosq.transcript.cues import DEFAULT_OPTIONS, CueOptions


class DocumentKind(StrEnum):
    """What a document is for."""

    TEXT = "text"
    CAPTIONS = "captions"


@dataclass(frozen=True, slots=True)
class Document:
    """A job's transcript, laid out."""

    id: str
    job_id: str
    kind: DocumentKind
    created_at: datetime
    modified_at: datetime
    filename: str = ""
    """As its owner names it; empty: as the recording."""
    cues: CueOptions = DEFAULT_OPTIONS
    """How captions are cut."""


def new_document(
    job_id: str,
    kind: DocumentKind,
    at: datetime,
    *,
    filename: str = "",
    cues: CueOptions = DEFAULT_OPTIONS,
) -> Document:
    """Return a document that nobody keeps yet."""
    return Document(str(uuid4()), job_id, kind, at, at, filename, cues)
