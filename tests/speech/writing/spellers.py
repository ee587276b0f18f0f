"""Numbers as people say them: num2words where it knows the language, else the spell-out rules of CLDR."""

from __future__ import annotations

from collections.abc import Callable

from num2words import num2words  # type: ignore[import-untyped]

HINDI = """शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पन्द्रह सोलह सत्रह अठारह उन्नीस बीस
इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस
उनतालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन तिरेपन
चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरेसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर
बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी
अट्ठासी नवासी नब्बे इक्यानबे बानबे तिरानबे चौरानबे पंचानबे छियानबे सत्तानबे अट्ठानबे निन्यानबे""".split()  # noqa: SIM905 - reads better
MARATHI = """शून्य एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस वीस एकवीस
बावीस तेवीस चोवीस पंचवीस सव्वीस सत्तावीस अठ्ठावीस एकोणतीस तीस एकतीस बत्तीस तेहतीस चौतीस पस्तीस छत्तीस सदतीस अडतीस
एकोणचाळीस चाळीस एक्केचाळीस बेचाळीस त्रेचाळीस चव्वेचाळीस पंचेचाळीस सेहेचाळीस सत्तेचाळीस अठ्ठेचाळीस एकोणपन्नास पन्नास
एक्कावन्न बावन्न त्रेपन्न चौपन्न पंचावन्न छप्पन्न सत्तावन्न अठ्ठावन्न एकोणसाठ साठ एकसष्ट बासष्ट त्रेसष्ट चौसष्ट पासष्ट
सहासष्ट सदुसष्ट अडुसष्ट एकोणसत्तर सत्तर एकाहत्तर बाहत्तर त्र्याहत्तर चौर्याहत्तर पंच्याहत्तर शहात्तर सत्त्याहत्तर
अठ्ठ्याहत्तर एकोणऐंशी ऐंशी एक्क्याऐंशी ब्याऐंशी त्र्याऐंशी चौर्याऐंशी पंच्याऐंशी शहाऐंशी सत्त्याऐंशी अठ्ठ्याऐंशी
एकोणनव्वद नव्वद एक्याण्णव ब्याण्णव त्र्याण्णव चौर्याण्णव पंच्याण्णव शहाण्णव सत्त्याण्णव अठ्ठ्याण्णव नव्व्याण्णव""".split()  # noqa: SIM905
ARMENIAN = "զրո մեկ երկու երեք չորս հինգ վեց յոթ ութ ինը".split()  # noqa: SIM905
ARMENIAN_TENS = "տասն քսան երեսուն քառասուն հիսուն վաթսուն յոթանասուն ութսուն իննսուն".split()  # noqa: SIM905
TAMIL = """பூஜ்யம் ஒன்று இரண்டு மூன்று நான்கு ஐந்து ஆறு ஏழு எட்டு ஒன்பது பத்து பதினொன்று பன்னிரண்டு பதின்மூன்று பதினான்கு
பதினைந்து பதினாறு பதினேழு பதினெட்டு பத்தொன்பது""".split()  # noqa: SIM905
TAMIL_TENS = "இருபத்தி முப்பத்தி நாற்பத்தி ஐம்பத்தி அறுபத்தி எழுபத்தி எண்பத்தி தொண்ணூற்றி".split()  # noqa: SIM905
TAMIL_ROUND = "இருபது முப்பது நாற்பது ஐம்பது அறுபது எழுபது எண்பது தொண்ணூறு".split()  # noqa: SIM905
TAMIL_HUNDREDS = "நூற்று இருநூற்று முந்நூற்று நானூற்று ஐநூற்று அறுநூற்று எழுநூற்று எண்ணூற்று தொள்ளாயிரத்து".split()  # noqa: SIM905
TELUGU = """సున్నా ఒకటి రెండు మూడు నాలుగు ఐదు ఆరు ఏడు ఎనిమిది తొమ్మిది పది పదకొండు పన్నెండు పదమూడు పద్నాలుగు పదిహేను
పదహారు పదిహేడు పద్దెనిమిది పంతొమ్మిది""".split()  # noqa: SIM905
TELUGU_TENS = "ఇరవై ముప్పై నలభై యాభై అరవై డెబ్బై ఎనభై తొంభై".split()  # noqa: SIM905

Speller = Callable[[int], str]


def _scaled(number: int, scales: list[tuple[int, str]], small: Speller) -> str:
    """Say how many of each scale, the largest first, then what is left below a thousand."""
    parts = []
    for scale, name in scales:
        count, number = divmod(number, scale)
        if count:
            parts.append(f"{small(count)} {name}")
    return " ".join([*parts, small(number)] if number or not parts else parts)


INDIAN = (10**7, 10**5, 10**3)


def hindi(number: int) -> str:
    return _scaled(number, [*zip(INDIAN, ("करोड़", "लाख", "हजार"), strict=True), (100, "सौ")], lambda n: HINDI[n])


def _marathi_small(number: int) -> str:
    if number == 100:
        return "शंभर"
    hundreds, rest = divmod(number, 100)
    return " ".join([MARATHI[hundreds] + "शे"] * (hundreds > 0) + [MARATHI[rest]] * (rest > 0 or not hundreds))


def marathi(number: int) -> str:
    return _scaled(number, list(zip(INDIAN, ("कोटी", "लाख", "हजार"), strict=True)), _marathi_small)


def _armenian_small(number: int, gap: str = "") -> str:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    parts = []
    if hundreds:
        parts.append("հարյուր" if hundreds == 1 else ARMENIAN[hundreds] + gap + "հարյուր")
    if rest == 10:
        parts.append("տասը")
    elif tens:
        parts.append(ARMENIAN_TENS[tens - 1] + (gap if tens > 1 else "") * (ones > 0) + ARMENIAN[ones] * (ones > 0))
    elif ones or not hundreds:
        parts.append(ARMENIAN[ones])
    return " ".join(parts)


def armenian(number: int) -> str:
    return _scaled(number, [(10**9, "միլիարդ"), (10**6, "միլիոն"), (1000, "հազար")], _armenian_small)


def armenian_apart(number: int) -> str:
    scales = [(10**9, "միլիարդ"), (10**6, "միլիոն"), (1000, "հազար")]
    return _scaled(number, scales, lambda n: _armenian_small(n, " "))


def _tamil_small(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    parts = [TAMIL_HUNDREDS[hundreds - 1]] if hundreds else []
    tens, ones = divmod(rest, 10)
    if rest < 20:
        parts += [TAMIL[rest]] * (rest > 0 or not hundreds)
    else:
        parts += [TAMIL_TENS[tens - 2], TAMIL[ones]] if ones else [TAMIL_ROUND[tens - 2]]
    return " ".join(parts)


def tamil(number: int) -> str:
    return _scaled(number, list(zip(INDIAN, ("கோடி", "லட்சம்", "ஆயிரம்"), strict=True)), _tamil_small)


def _telugu_small(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    parts = ["నూట" if hundreds == 1 else f"{TELUGU[hundreds]} వందల"] if hundreds else []
    tens, ones = divmod(rest, 10)
    if rest < 20:
        parts += [TELUGU[rest]] * (rest > 0 or not hundreds)
    else:
        parts += [TELUGU_TENS[tens - 2]] + [TELUGU[ones]] * (ones > 0)
    return " ".join(parts)


def telugu(number: int) -> str:
    return _scaled(number, list(zip(INDIAN, ("కోట్ల", "లక్షల", "వేల"), strict=True)), _telugu_small)


def telugu_joined(number: int) -> str:
    return telugu(number).replace("ై ఒకటి", "య్యొకటి").replace(" వందల", "వందల")


def tamil_joined(number: int) -> str:
    said = tamil(number)
    if number % 100_000 // 1000 == 1:
        said = said.replace("ஒன்று ஆயிரம்", "ஆயிரம்")
    joined = {
        "ஒன்று": "ொன்று",
        "இரண்டு": "ிரண்டு",
        "ஐந்து": "ைந்து",
        "ஆறு": "ாறு",
        "ஏழு": "ேழு",
        "எட்டு": "ெட்டு",
        "ஒன்பது": "ொன்பது",
    }
    for apart, together in joined.items():
        said = said.replace(f"த்தி {apart}", f"த்த{together}")
    return (
        said.replace("து ஆயிரம்", "தாயிரம்")
        .replace("டு ஆயிரம்", "டாயிரம்")
        .replace("று ஆயிரம்", "றாயிரம்")
        .replace("ழு ஆயிரம்", "ழாயிரம்")
    )


def by_library(language: str) -> Speller:
    return lambda number: str(num2words(number, lang=language)).replace(",", "").replace("-", " ")


def german(number: int) -> str:
    """Spell as Germans do: the library writes "einstausend"."""
    return by_library("de")(number).replace("einstausend", "eintausend")


SPELLERS: dict[str, tuple[str, Speller]] = {
    "hindi": ("hi", hindi),
    "marathi": ("mr", marathi),
    "armenian": ("hy", armenian),
    "armenian, written apart": ("hy", armenian_apart),
    "tamil": ("ta", tamil),
    "tamil, written together": ("ta", tamil_joined),
    "telugu": ("te", telugu),
    "telugu, written together": ("te", telugu_joined),
    "english": ("en", by_library("en")),
    "dutch": ("nl", by_library("nl")),
    "german": ("de", german),
    "french": ("fr", by_library("fr")),
    "spanish": ("es", by_library("es")),
}
