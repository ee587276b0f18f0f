from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.stores import BASE_URL, DOOR, RECORDING, Office

from khosq.errors import Conflict, NotFound
from khosq.identifiers import new_id
from khosq.jobs.job import Keep, Wishes
from khosq.jobs.submission import Submission
from khosq.media.partial import PartialUploads
from khosq.media.recording import ALL_TYPES
from khosq.recordings.recordings import Recordings
from khosq.recordings.store import RecordingStore
from khosq.storage.blobs import Blobs


def test_a_tenant_finds_its_own_recordings_newest_first(office: Office) -> None:
    tenant, stranger = office.tenant(), office.tenant()
    kept = []
    for number in range(3):
        office.clock.turn(1)
        kept.append(office.recordings.keep(tenant.id, RECORDING, filename=f"{number}.mp3"))
        office.recordings.keep(stranger.id, RECORDING)
    newest_first = kept[::-1]
    assert office.recordings.recordings(tenant.id, limit=9) == newest_first
    after = (newest_first[0].created_at, newest_first[0].id)
    assert office.recordings.recordings(tenant.id, limit=1, after=after) == [newest_first[1]]
    assert office.recordings.recording(tenant.id, kept[0].id) == kept[0]


@pytest.mark.parametrize("odd", ["", "x", "\x00" * 20, "\ud800" * 20, "a" * 10_000])
def test_what_is_not_a_tenants_own_is_not_found(office: Office, odd: str) -> None:
    tenant, theirs = office.tenant(), office.recordings.keep(office.tenant().id, RECORDING)
    for recording_id in (odd, new_id(), theirs.id):
        for ask in (office.recordings.recording, office.recordings.remove):
            with pytest.raises(NotFound):
                ask(tenant.id, recording_id)
    assert office.recordings.recording(theirs.tenant_id, theirs.id) == theirs


def test_a_removed_recording_is_gone_at_once_and_its_bytes_with_the_next_sweep(office: Office) -> None:
    blobs = Blobs((office.folder / "blobs").as_uri())
    recordings = Recordings(RecordingStore(office.database), blobs, office.jobs.erase_recording, clock=office.clock)
    tenant = office.tenant()
    blobs.put(RECORDING.key, b"ID3")
    kept = recordings.keep(tenant.id, RECORDING)
    recordings.remove(tenant.id, kept.id)
    with pytest.raises(NotFound):
        recordings.recording(tenant.id, kept.id)
    while recordings.sweep():
        pass
    with pytest.raises(NotFound):
        blobs.get(RECORDING.key)


def test_no_job_is_made_of_a_recording_that_is_being_removed(office: Office) -> None:
    tenant = office.tenant()
    kept = office.recordings.keep(tenant.id, RECORDING)
    asked = Submission(tenant.id, "key", DOOR, Wishes("hy"), {}, BASE_URL, recording=kept)
    opening, opened = threading.Event(), threading.Event()

    def in_between(_connection: object, _job: object) -> None:
        opening.set()
        opened.wait(0.5)

    with ThreadPoolExecutor() as threads:
        job = threads.submit(office.submissions.open, replace(asked, also=(in_between,)))
        opening.wait()
        removal = threads.submit(office.recordings.remove, tenant.id, kept.id)
        with pytest.raises(Conflict):
            removal.result()
        opened.set()
    office.lookup.cancel(tenant.id, job.result().id)
    office.recordings.remove(tenant.id, kept.id)
    with pytest.raises(NotFound):
        office.submissions.open(asked)


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_recording_stays_for_a_job_that_is_made_of_it_while_its_own_goes(office: Office, *, is_deleted: bool) -> None:
    tenant = office.tenant()
    asked = Submission(tenant.id, "key", DOOR, Wishes("hy", keep=Keep.NOTHING), {}, BASE_URL)
    own = office.submissions.attach(office.submissions.open(asked).id, RECORDING)
    opening, opened = threading.Event(), threading.Event()

    def in_between(_connection: object, _job: object) -> None:
        opening.set()
        opened.wait(0.5)

    let_go = office.lookup.delete if is_deleted else office.lookup.cancel
    with ThreadPoolExecutor() as threads:
        other = threads.submit(office.submissions.open, replace(asked, recording=own.recording, also=(in_between,)))
        opening.wait()
        threads.submit(let_go, tenant.id, own.id).result()
        opened.set()
    assert office.found(other.result()).recording == own.recording
    office.lookup.cancel(tenant.id, other.result().id)
    assert office.recordings.recordings(tenant.id, limit=5) == []


def test_bytes_of_which_no_recording_was_made_go_after_a_while(office: Office) -> None:
    tenant = office.tenant()
    blobs = Blobs((office.folder / "blobs").as_uri())
    kept, attached, stray = keys = [f"recordings/{new_id()}" for _ in range(3)]
    for key in keys:
        office.recordings.expect(key)
        blobs.put(key, b"ID3")
    office.recordings.keep(tenant.id, replace(RECORDING, key=kept))
    office.submissions.attach(office.job(tenant).id, replace(RECORDING, key=attached))
    for days, left in ((1, {kept, attached, stray}), (2, {kept, attached})):
        office.clock.turn(days * 86_400)
        while office.recordings.sweep():
            pass
        assert {key for key in keys if (office.folder / "blobs" / key).is_file()} == left


def test_bytes_are_dropped_unless_a_recording_was_made_of_them_after_all(office: Office) -> None:
    blobs = Blobs((office.folder / "blobs").as_uri())
    kept, stray = (f"recordings/{new_id()}" for _ in range(2))
    office.recordings.keep(office.tenant().id, replace(RECORDING, key=kept))
    for key in (kept, stray):
        blobs.put(key, b"ID3")
        office.recordings.drop(key)
    assert blobs.get(kept) == b"ID3"
    with pytest.raises(NotFound):
        blobs.get(stray)


@pytest.mark.parametrize("is_swept", [True, False])
def test_an_upload_that_its_job_took_keeps_its_bytes_though_the_end_was_not_written_down(
    office: Office, *, is_swept: bool
) -> None:
    blobs = Blobs((office.folder / "blobs").as_uri())
    uploads = PartialUploads(
        blobs, max_bytes=99, ttl=timedelta(days=1), clock=office.clock, discard=office.recordings.drop
    )
    data, job, key = b"fLaC\0\0\0\x22" + bytes(34), office.job(), f"recordings/{new_id()}"

    async def pieces() -> AsyncIterator[bytes]:
        yield data

    async def upload() -> None:
        uploads.create(job.id, key=key, owner="me", metadata="", length=len(data))
        async with uploads.hold(job.id, accept=ALL_TYPES) as held:
            await held.extend(pieces())
            stored = held.settle()
            assert stored is not None
            office.submissions.attach(job.id, stored)  # and the server is killed, or the disk is full

    asyncio.run(upload())
    if is_swept:
        office.clock.turn(10 * 86_400 * 365)
        assert [one.id for one in uploads.sweep()] == [job.id]
    else:
        uploads.remove(job.id)
    assert blobs.get(key) == data


def test_an_id_that_was_promised_is_given_once(office: Office) -> None:
    tenant, promised = office.tenant(), new_id()
    first = office.recordings.keep(tenant.id, RECORDING, recording_id=promised)
    assert first.id == promised
    with pytest.raises(Conflict):
        office.recordings.keep(tenant.id, RECORDING, filename="another", recording_id=promised)
    assert office.recordings.recording(tenant.id, promised) == first
