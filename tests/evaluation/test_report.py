from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from tests.evaluation.trials import Said, published, starter, trial

from khosq.evaluation import plots
from khosq.evaluation.figures import draw
from khosq.evaluation.report import render
from khosq.evaluation.wer import alignment

SAID: list[Said] = [("one two", "one two"), ("one two three", "one <b>too</b> three"), ("four", None)]


def page(*, snr: bool = False) -> str:
    found = [draw(trial(*SAID, entry=entry, snr=snr)) for entry in (starter(), published())]
    return render(found, manifest="calls & more.csv")


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\ssrc=|javascript:", page())
    assert re.findall(r'href="([^"]+)"', page()) == ["https://example.org/card"]


def test_what_was_said_and_heard_is_shown_as_text() -> None:
    shown = page()
    assert "calls &amp; more.csv" in shown
    assert "It &lt;broke&gt;." in shown
    assert "<b>" not in shown
    assert "<del>two</del>" in shown


def test_the_published_figure_stands_beside_ours() -> None:
    assert "9.9% on Common Voice 17" in page()
    assert "none known" in page()


def test_a_plot_is_drawn_only_of_what_is_known() -> None:
    assert "signal-to-noise" not in page()
    assert "signal-to-noise ratio (dB)" in page(snr=True)


def test_every_plot_says_what_it_shows_and_keeps_inside_its_frame() -> None:
    drawn = re.findall(r"<svg.*?</svg>", page(snr=True), re.DOTALL)
    assert len(drawn) == 1 + 2 * 3
    for source in drawn:
        svg = ET.fromstring(source)  # noqa: S314 - our own page
        title = svg[0]
        assert (svg.get("role"), title.tag, svg.get("aria-labelledby")) == ("img", "title", title.get("id"))
        width, height = map(float, (svg.get("viewBox") or "").split()[2:])
        for mark in svg.iter():
            at_x, at_y = (float(mark.get(name) or mark.get(f"c{name}") or 0) for name in "xy")
            assert 0 <= at_x <= at_x + float(mark.get("width") or 0) * (mark is not svg) <= width
            assert 0 <= at_y <= height


def test_identifiers_are_given_once() -> None:
    given = re.findall(r'\bid="([^"]+)"', page(snr=True))
    assert len(given) == len(set(given))


@pytest.mark.parametrize(("rate", "tenth"), [(0.0, 0), (0.1, 1), (0.3, 3), (0.99, 9), (1.0, 10), (7.0, 10)])
def test_a_clip_is_in_the_tenth_of_its_rate(rate: float, tenth: int) -> None:
    assert [bar.count for bar in plots.histogram([rate])].index(1) == tenth


def test_clips_of_one_length_still_have_an_axis() -> None:
    cloud = plots.scatter([(5.0, 0.2, "a"), (5.0, 0.4, "b")], title="duration", unit="s")
    assert len({tick.at for tick in cloud.x_ticks}) > 1
    silent = plots.scatter([(0.0, 0.0, "a"), (0.0, 0.0, "b")], title="duration", unit="s")
    assert len({tick.at for tick in silent.x_ticks}) > 1


def test_texts_are_laid_side_by_side() -> None:
    side_by_side = alignment("One two, three.", "one to three four", language="en")
    assert [(list(wanted), list(heard)) for wanted, heard in side_by_side] == [
        (["one"], ["one"]),
        (["two"], ["to"]),
        (["three"], ["three"]),
        ([], ["four"]),
    ]


def test_a_language_without_spaces_is_shown_too() -> None:
    found = draw(trial(("今日は", "今日わ")))
    shown = render([draw(found.trial)], manifest="list.csv")
    assert "今日" in shown
