# ruff: noqa: RUF001 (Armenian and Greek letters are meant)
from __future__ import annotations

import io
import re
from datetime import date

import pypdfium2
import pytest
from pypdf import PdfReader
from tests.transcript.sayings import spoken, transcript

from khosq.errors import Invalid
from khosq.transcript.exports import ExportOptions, render
from khosq.transcript.exports.pdf import FONTS

SENTENCES = {
    "en": "Hello, I am calling about my bill — “can” you help me?",
    "ru": "Здравствуйте, я звоню по поводу счёта.",
    "el": "Καλημέρα, τηλεφωνώ για τον λογαριασμό μου.",
    "hy": "Ողջույն, ես զանգում եմ իմ հաշվի մասին։ Կարո՞ղ եք օգնել ինձ։",
    "ka": "გამარჯობა, მინდა ვიკითხო ჩემი ანგარიშის შესახებ.",
    "hi": "नमस्ते, मैं अपने बिल के बारे में पूछना चाहता हूँ। क्षत्रिय प्रार्थना",
    "ta": "வணக்கம், நான் எனது கட்டணத்தைப் பற்றி கேட்க விரும்புகிறேன்.",
    "te": "నమస్కారం, నేను నా బిల్లు గురించి అడగాలనుకుంటున్నాను. స్త్రీ",
    "bn": "নমস্কার, আমি আমার বিল সম্পর্কে জানতে চাই। ক্ষমা",
    "gu": "નમસ્તે, હું મારા બિલ વિશે પૂછવા માંગુ છું. ક્ષમા",
    "pa": "ਸਤ ਸ੍ਰੀ ਅਕਾਲ, ਮੈਂ ਆਪਣੇ ਬਿੱਲ ਬਾਰੇ ਪੁੱਛਣਾ ਚਾਹੁੰਦਾ ਹਾਂ।",
    "kn": "ನಮಸ್ಕಾರ, ನಾನು ನನ್ನ ಬಿಲ್ ಬಗ್ಗೆ ಕೇಳಲು ಬಯಸುತ್ತೇನೆ. ಕ್ಷಮಿಸಿ",
    "ml": "നമസ്കാരം, എന്റെ ബില്ലിനെക്കുറിച്ച് ചോദിക്കാൻ ഞാൻ ആഗ്രഹിക്കുന്നു.",
}


def text_of(file: bytes) -> str:
    document = pypdfium2.PdfDocument(file)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(("language", "sentence"), SENTENCES.items())
def test_the_text_can_be_copied_out_again(language: str, sentence: str) -> None:
    file = render(transcript(spoken(sentence), language=language), "pdf")
    assert without_spaces(sentence) in without_spaces(text_of(file))  # readers guess spaces from distances


@pytest.mark.parametrize(("language", "sentence"), SENTENCES.items())
def test_each_script_is_drawn_with_a_font_of_its_own_that_is_embedded(language: str, sentence: str) -> None:
    file = render(transcript(spoken(sentence), language=language), "pdf")
    fonts = set(re.findall(rb"/FontName/[A-Z]{6}\+(\w+)", file))
    assert all(name.startswith(b"NotoSans") for name in fonts)
    assert len(fonts) == (1 if language in {"en", "ru", "el"} else 2)


def test_joined_letters_are_shaped() -> None:
    ra, ka, virama = "र", "क", "्"
    drawn = [
        pypdfium2.PdfDocument(render(transcript(spoken(text), language="hi"), "pdf"))[0].render(scale=2).to_numpy()
        for text in (ra + virama + ka, ra + virama + "\u200c" + ka)
    ]
    assert (drawn[0] != drawn[1]).any()  # a hook above the letter, not two letters and a sign


def test_it_shows_title_speakers_and_times_where_wanted() -> None:
    said = transcript(spoken("Good morning.", speaker=0), spoken("Hello.", start=65, speaker=1))
    shown = " ".join(text_of(render(said, "pdf", options=ExportOptions(title="#A *call* $1$"))).split())
    assert shown == "#A *call* $1$ 00:00:00 Speaker 1 Good morning. 00:01:05 Speaker 2 Hello. 1 / 1"
    bare = ExportOptions(with_speakers=False, with_timestamps=False)
    assert " ".join(text_of(render(said, "pdf", options=bare)).split()) == "Good morning. Hello. 1 / 1"


def test_its_language_and_day_are_written_and_no_clock() -> None:
    said = transcript(spoken("Բարև"), language="hy-AM")
    undated = PdfReader(io.BytesIO(render(said, "pdf")))
    assert str(undated.root_object["/Lang"]) == "hy"
    assert undated.metadata is not None
    assert undated.metadata.creation_date is None
    dated = PdfReader(io.BytesIO(render(said, "pdf", options=ExportOptions(title="Զանգ", created=date(2026, 11, 20)))))
    assert dated.metadata is not None
    assert dated.metadata.title == "Զանգ"
    assert dated.metadata.creation_date is not None
    assert dated.metadata.creation_date.date() == date(2026, 11, 20)


def test_a_very_long_word_stays_on_the_page() -> None:
    page = pypdfium2.PdfDocument(render(transcript(spoken("x" * 500)), "pdf"))[0]
    boxes = [page.get_textpage().get_charbox(index) for index in range(500)]
    assert max(right for _, _, right, _ in boxes) < page.get_width() - 40


def test_letters_without_a_font_are_refused_naming_what_can_show_them() -> None:
    with pytest.raises(Invalid, match=r"CJK.*HTML, DOCX and TXT"):
        render(transcript(spoken("你好"), language="zh"), "pdf")


def test_signs_without_a_font_do_not_spoil_the_file() -> None:
    assert "Fine" in text_of(render(transcript(spoken("Fine 😀 ♪")), "pdf"))


def test_the_fonts_are_small_and_come_with_their_licence() -> None:
    assert sum(font.stat().st_size for font in FONTS.iterdir()) < 3_000_000
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text("utf-8")
