"""Languages as OpenAI names them: its older models write a language's English name, and take it too."""

from __future__ import annotations

from collections.abc import Mapping

from khosq.errors import Invalid
from khosq.serving.language_tags import read_language_tag

_TABLE = """
en:english zh:chinese de:german es:spanish ru:russian ko:korean fr:french ja:japanese pt:portuguese
tr:turkish pl:polish ca:catalan nl:dutch ar:arabic sv:swedish it:italian id:indonesian hi:hindi fi:finnish
vi:vietnamese he:hebrew uk:ukrainian el:greek ms:malay cs:czech ro:romanian da:danish hu:hungarian ta:tamil
no:norwegian th:thai ur:urdu hr:croatian bg:bulgarian lt:lithuanian la:latin mi:maori ml:malayalam cy:welsh
sk:slovak te:telugu fa:persian lv:latvian bn:bengali sr:serbian az:azerbaijani sl:slovenian kn:kannada
et:estonian mk:macedonian br:breton eu:basque is:icelandic hy:armenian ne:nepali mn:mongolian bs:bosnian
kk:kazakh sq:albanian sw:swahili gl:galician mr:marathi pa:punjabi si:sinhala km:khmer sn:shona yo:yoruba
so:somali af:afrikaans oc:occitan ka:georgian be:belarusian tg:tajik sd:sindhi gu:gujarati am:amharic
yi:yiddish lo:lao uz:uzbek fo:faroese ps:pashto tk:turkmen nn:nynorsk mt:maltese sa:sanskrit
lb:luxembourgish my:myanmar bo:tibetan tl:tagalog mg:malagasy as:assamese tt:tatar haw:hawaiian ln:lingala
ha:hausa ba:bashkir jw:javanese su:sundanese yue:cantonese
"""

NAMES: Mapping[str, str] = dict(pair.split(":") for pair in _TABLE.split())
"""Code → name, as in Whisper's own table."""

_CODES = {name: code for code, name in NAMES.items()}


def base_of(tag: str) -> str:
    """Return a tag's language without its region."""
    return tag.partition("-")[0].lower()


def name_of(tag: str) -> str:
    """Return what OpenAI calls a language; the tag itself where it has no name for it."""
    return NAMES.get(base_of(tag), tag)


def read_language(text: str, *, field: str) -> str:
    """Return the BCP 47 tag of what a caller wrote: ``en``, ``english`` or ``en-us``.

    Raises:
        Invalid: it is no such thing.

    """
    tag = _CODES.get(text.lower()) or read_language_tag(text)
    if tag is None:
        raise Invalid(f"{field} must be an ISO-639-1 code, such as en.", field=field)
    return tag
