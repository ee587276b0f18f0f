"""What Prometheus may know: requests by route, jobs by state. No tenant, no key, no id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import Response

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Meters:
    """The measures of one server."""

    def __init__(self, count_jobs: Callable[[], Mapping[str, int]]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "khosq_http_requests", "Requests answered.", ("door", "route", "method", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "khosq_http_request_seconds",
            "Time from a request's headers to its answer's end.",
            ("door", "route", "method"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_JobsByState(count_jobs))

    def note(self, door: str, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        method = method if method in METHODS else "other"
        self._requests.labels(door, route, method, str(status)).inc()
        self._seconds.labels(door, route, method).observe(seconds)

    def answer(self) -> Response:
        """Return everything in Prometheus' text form."""
        return Response(generate_latest(self.registry), media_type="text/plain; version=0.0.4")


class _JobsByState(Collector):
    def __init__(self, count_jobs: Callable[[], Mapping[str, int]]) -> None:
        self._count_jobs = count_jobs

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return [GaugeMetricFamily("khosq_jobs", "Jobs by state.", labels=["state"])]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("khosq_jobs", "Jobs by state.", labels=["state"])
        for state, count in self._count_jobs().items():
            jobs.add_metric([state], count)
        return [jobs]
