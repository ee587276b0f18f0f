"""The character code tables of EBU-STL: Latin with two-byte accents, Cyrillic, Arabic, Greek, Hebrew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from unicodedata import category, name, normalize

from khosq.errors import Invalid


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One table of the standard."""

    number: str
    codes: Mapping[str, bytes] = field(repr=False)

    def encode(self, text: str) -> list[bytes]:
        """Return the bytes of each character; other signs than letters are written in ASCII or as ``?``."""
        return [self._code(char) or b"?" for char in normalize("NFC", text)]

    def lacks(self, chars: Iterable[str]) -> str | None:
        """Return the first letter of ``chars`` that the table cannot write."""
        return next((one for one in chars if category(one)[0] in "LM" and not self._code(one)), None)

    def _code(self, char: str) -> bytes | None:
        code = self.codes.get(char)
        if code is not None:
            return code
        parts = [self.codes.get(part) for part in _IN_ASCII.get(char) or normalize("NFKD", char)]
        return b"".join(part for part in parts if part) if all(parts) else None


def choose_table(text: str) -> CodeTable:
    """Return the first table that can write every letter of ``text``.

    Raises:
        Invalid: there is none.

    """
    chars = sorted(set(normalize("NFC", text)), reverse=True)
    missing = [table.lacks(chars) for table in TABLES]
    if all(missing):
        letter = name(missing[0] or "", "an unknown letter")
        raise Invalid(
            f"EBU-STL has no code table with all letters of this text (such as {letter}); "
            "SRT, VTT, SBV and TTML can show it.",
            field="format",
        )
    return TABLES[missing.index(None)]


_IN_ASCII = dict(zip("‘’‚“”„«»–—", '\'\',"""""--', strict=True)) | {"€": "EUR"}  # noqa: RUF001 (as people write them)
_ASCII = {chr(code): bytes([code]) for code in range(0x20, 0x7F)}

# ISO 6937, of which Python has no codec.
_LATIN_SIGNS = (
    ("¡¢£", 0xA1),
    ("¥", 0xA5),
    ("§¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿", 0xA7),  # noqa: RUF001 (the table itself)
    ("—¹®©™♪¬¦", 0xD0),
    ("ÆĐªĦ", 0xE1),
    ("Ð", 0xE2),
    ("ĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ", 0xE6),
)
_LATIN_ACCENTS = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u0327\u030b\u0328\u030c",
        b"\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xca\xcb\xcd\xce\xcf",
        strict=True,
    )
)
"""An accent stands before its letter."""
_ACCENTED = "".join(map(chr, range(0xC0, 0x180))) + "ǍǎǏǐǑǒǓǔǦǧǨǩǪǫǴǵȘșȚțȦȧẀẁẂẃẄẅẼẽỲỳỸỹ"
_COMMA_BELOW = str.maketrans("ȘșȚț", "ŞşŢţ")  # the table has only the cedilla, and Romanian is written with it


def _latin() -> dict[str, bytes]:
    codes = _ASCII | {
        char: bytes([code]) for signs, first in _LATIN_SIGNS for code, char in enumerate(signs, start=first)
    }
    for char in _ACCENTED:
        parts = normalize("NFD", char.translate(_COMMA_BELOW))
        if char not in codes and len(parts) == 2 and parts[1] in _LATIN_ACCENTS:  # noqa: PLR2004 (letter, accent)
            codes[char] = bytes([_LATIN_ACCENTS[parts[1]]]) + parts[0].encode("ascii")
    return codes


def _iso_8859(part: int) -> dict[str, bytes]:
    upper = (bytes([code]) for code in range(0xA0, 0x100))
    return _ASCII | {char: code for code in upper if (char := code.decode(f"iso8859_{part}", "ignore"))}


TABLES = (
    CodeTable("00", _latin()),
    CodeTable("01", _iso_8859(5)),
    CodeTable("02", _iso_8859(6)),
    CodeTable("03", _iso_8859(7)),
    CodeTable("04", _iso_8859(8)),
)
