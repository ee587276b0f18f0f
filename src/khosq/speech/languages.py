"""Language tags: which one serves which, and what people call them."""

from __future__ import annotations

_NAMES = {
    "as": "Assamese",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "gu": "Gujarati",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "hy": "Armenian",
    "hyw": "Western Armenian",
    "it": "Italian",
    "ka": "Georgian",
    "kn": "Kannada",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ml": "Malayalam",
    "mr": "Marathi",
    "mt": "Maltese",
    "nl": "Dutch",
    "or": "Odia",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "ta": "Tamil",
    "te": "Telugu",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
}


def base_language(tag: str) -> str:
    """Return the language without its region and script: ``hy`` for ``hy-AM``."""
    return tag.replace("_", "-").partition("-")[0].lower()


def named(tag: str) -> str:
    """Return the language as a person reads it: ``Hindi (hi-IN)``, or the bare tag where it has no name here."""
    name = _NAMES.get(base_language(tag))
    return f"{name} ({tag})" if name else tag


def closeness(wanted: str, offered: str) -> int:
    """Return 2 where ``offered`` is the wanted tag itself, 1 where it is its base language, else 0."""
    if wanted.replace("_", "-").lower() == offered.lower():
        return 2
    return int(base_language(wanted) == offered.lower())
