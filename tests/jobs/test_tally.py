"""Jobs counted by the database, by day and state."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.stores import Office

from khosq.jobs.job import Chosen, JobEvent, JobState, Tally


def test_jobs_are_counted_by_the_day_of_their_opening_and_their_state(office: Office) -> None:
    tenant = office.tenant()
    office.clock.now = datetime(2030, 1, 1, 23, 59, 59, tzinfo=UTC)
    for seconds in (10.5, 20.0):
        office.move(office.running(tenant), JobEvent.COMPLETED, duration=seconds)
    office.job(tenant)
    office.clock.turn(1)
    office.job(tenant)
    office.job()

    assert office.lookup.tally(Chosen(tenant.id)) == [
        Tally(date(2030, 1, 1), JobState.AWAITING_MEDIA, 1, 0.0),
        Tally(date(2030, 1, 1), JobState.SUCCEEDED, 2, 30.5),
        Tally(date(2030, 1, 2), JobState.AWAITING_MEDIA, 1, 0.0),
    ]
    later = Chosen(tenant.id, begun_from=datetime(2030, 1, 2, tzinfo=UTC))
    assert [tally.day for tally in office.lookup.tally(later)] == [date(2030, 1, 2)]
