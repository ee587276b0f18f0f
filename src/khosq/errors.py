"""Every error khosq raises, in one tree.

KhosqError
├── Refused              the caller must change something; never retried (4xx at a door)
│   ├── Unauthorized     401  no valid key
│   ├── Forbidden        403  the key may not do this
│   ├── LinkRefused      403  a signed link is changed or too old
│   ├── NotFound         404  unknown, or another tenant's: never told apart
│   ├── MethodRefused    405
│   ├── Conflict         409  it was done already, or its time is over
│   │   └── OffsetDiffers     an upload goes on elsewhere than the client thought
│   ├── Busy             423  somebody else is writing there just now
│   ├── ChecksumDiffers  460  what came is not what was sent
│   ├── VersionRefused   412  another version of a protocol
│   ├── Invalid          400  a field or a body that cannot be accepted
│   ├── TooLarge         413
│   ├── UnsupportedMedia 415
│   ├── RateLimited      429
│   ├── TooSlow          408  the body came too slowly
│   └── AddressRefused   400  a URL that we may not call
└── Failed               ours or a neighbour's; a job that meets one ends ``failed`` with its text
    ├── Unavailable      503  come back later: disk low, database away
    ├── SourceUnreachable     the recording cannot be fetched from where it is said to be
    ├── MediaUnreadable       the recording cannot be decoded
    ├── RecordingTooLong      more seconds came out of it than may
    ├── QuotaExceeded         the tenant's seconds do not suffice
    ├── UploadExpired         nothing was uploaded in time
    ├── ModelMissing          no model here can do it
    ├── EngineFailed          an engine broke; trying again may help
    ├── NeighbourFailed       a server that we called did not answer well; trying again may help
    └── WorkerLost            workers died again and again at this job
"""

from __future__ import annotations

from typing import ClassVar


class KhosqError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    retryable: bool = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])

    @property
    def message(self) -> str:
        """One sentence that a person can act on."""
        return str(self)


class Refused(KhosqError):
    """The request cannot be accepted."""

    code = "refused"


class Unauthorized(Refused):
    """A valid API key is required: send it as a bearer token."""

    code = "unauthorized"


class Forbidden(Refused):
    """This API key may not do that."""

    code = "forbidden"


class LinkRefused(Refused):
    """This link is not valid: it was changed or has expired."""

    code = "link_refused"


class NotFound(Refused):
    """There is nothing here under this name."""

    code = "not_found"


class MethodRefused(Refused):
    """This address does not answer this method."""

    code = "method_refused"


class Conflict(Refused):
    """This was done already."""

    code = "conflict"


class OffsetDiffers(Conflict):
    """The upload does not stand where this piece begins; ask where it stands."""

    code = "offset_differs"

    def __init__(self, message: str | None = None, *, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset
        """Where it stands, in bytes."""


class Busy(Refused):
    """Another request is writing here just now; try again when it has ended."""

    code = "busy"
    retryable = True


class ChecksumDiffers(Refused):
    """The bytes that came do not have the checksum that was sent; send them again."""

    code = "checksum_differs"
    retryable = True


class VersionRefused(Refused):
    """This version of the protocol is not spoken here."""

    code = "version_refused"


class Invalid(Refused):
    """The request is not valid."""

    code = "invalid"

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLarge(Refused):
    """The body is larger than this server accepts."""

    code = "too_large"


class UnsupportedMedia(Refused):
    """This kind of file is not accepted here."""

    code = "unsupported_media"


class TooSlow(Refused):
    """The body came too slowly and was cut off; send it again."""

    code = "too_slow"
    retryable = True


class AddressRefused(Refused):
    """The URL may not be called from here."""

    code = "address_refused"


class RateLimited(Refused):
    """Too many requests; wait until the next window."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Whole seconds to wait, at least 1."""


class Failed(KhosqError):
    """The work could not be done."""

    code = "failed"


class Unavailable(Failed):
    """The server cannot take this now; try again later."""

    code = "unavailable"
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after: int = 30) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceUnreachable(Failed):
    """The recording could not be fetched from its URL."""

    code = "source_unreachable"

    def __init__(self, message: str | None = None, *, may_come_back: bool = False) -> None:
        super().__init__(message)
        self.retryable = may_come_back


class MediaUnreadable(Failed):
    """The uploaded file is not readable audio."""

    code = "media_unreadable"


class RecordingTooLong(Failed):
    """The recording is longer than can be taken."""

    code = "too_long"


class QuotaExceeded(Failed):
    """The account has not enough seconds left for this recording; nothing was charged."""

    code = "quota_exceeded"


class UploadExpired(Failed):
    """No recording was uploaded before the upload link expired; create a new transcription."""

    code = "upload_expired"


class ModelMissing(Failed):
    """No model on this server can do this."""

    code = "model_missing"


class EngineFailed(Failed):
    """The speech engine stopped before finishing."""

    code = "engine_failed"
    retryable = True


class NeighbourFailed(Failed):
    """A server that we called did not answer as it should."""

    code = "neighbour_failed"
    retryable = True


class WorkerLost(Failed):
    """Workers stopped again and again while at this recording; it may be damaged."""

    code = "worker_lost"


def may_help(error: BaseException) -> bool:
    """Tell whether trying again may help."""
    return isinstance(error, KhosqError) and error.retryable
