#!/usr/bin/env python3
"""Print the sentences of MediaWiki's messages and of the Universal Declaration of Human Rights in one language.

See README.md, "Free sentences".
"""

from __future__ import annotations

import argparse
import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starter.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEWEST_WORDS = 3
MOST_WORDS = 20
_FORMULA = re.compile(r"[{}$\[\]<>|_\\:/]|https?")


def messages(mediawiki: Path, language: str) -> Iterator[str]:
    """Texts of MediaWiki's interface, its markup taken off."""
    for path in sorted(mediawiki.rglob(f"i18n/**/{language}.json")):
        entries = json.loads(path.read_text(encoding="utf-8"))
        for key in sorted(entries):
            if isinstance(entries[key], str):
                yield _plain(entries[key])


def articles(page: Path) -> Iterator[str]:
    """Paragraphs of the declaration."""
    yield from re.findall(r"<(?:p|li)\b[^>]*>(.*?)</(?:p|li)>", page.read_text(encoding="utf-8"), re.DOTALL)


def _plain(message: str) -> str:
    message = re.sub(r"\[\[(?:[^]|]*\|)?([^]|]*)\]\]", r"\1", message)
    message = re.sub(r"\[\S+ ([^]]*)\]", r"\1", message)
    return re.sub(r"'{2,}|</?(?:b|i|strong|em|p|br|div|span)\b[^>]*>|^[*#:;]+", " ", message, flags=re.MULTILINE)


def sentences(texts: Iterable[str]) -> Iterator[str]:
    """Whole sentences without formulas, none much like one before it."""
    seen: set[tuple[str, ...]] = set()
    for text in texts:
        for sentence in re.split(r"[.!?।\n]+(?:\s+|$)|\n", html.unescape(text)):
            words = [word for word in sentence.split() if any(map(str.isalpha, word))]
            ends = {("<", *words[:3]), (*words[-3:], ">")}
            if FEWEST_WORDS <= len(words) <= MOST_WORDS and not _FORMULA.search(sentence) and not ends & seen:
                seen |= ends
                yield " ".join(words)


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=LANGUAGES)
    parser.add_argument("mediawiki", type=Path, help="folder with an unpacked MediaWiki")
    parser.add_argument("declaration", type=Path, help="HTML page of the declaration in that language")
    arguments = parser.parse_args()
    language = LANGUAGES[arguments.language]
    texts = [*articles(arguments.declaration), *messages(arguments.mediawiki, arguments.language)]
    for sentence in sentences(texts):
        if language.spell(sentence) and language.can_spell(sentence):
            print(sentence)


if __name__ == "__main__":
    main()
