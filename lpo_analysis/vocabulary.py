"""The words of the field: tasks, buyers, sizes, roles, delivery models, places, and what people type for them.

Codes are what data and parameters use; labels are what a reader sees; aliases are what people type. Regions in the
evidence (``WLD``, ``EUROPE``, ``IND_PHL``) are scopes of a figure, not places, and are not listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from lpo_analysis.errors import NotFoundError, choices


@dataclass(frozen=True)
class Word:
    """One code of the vocabulary.

    Parameters
    ----------
    code : str
        What data and parameters use.
    label : str
        What a reader sees, in lower case unless a proper name.
    aliases : tuple of str
        Other spellings that are accepted.
    utbms : tuple of str
        Codes of the Uniform Task-Based Management System that mean the same work.
    """

    code: str
    label: str
    aliases: tuple[str, ...] = ()
    utbms: tuple[str, ...] = ()


def _words(*words: Word) -> dict[str, Word]:
    return {word.code: word for word in words}


TASKS = _words(
    Word("legal_research", "legal research", ("research",), ("A102",)),
    Word("document_review", "document review", ("doc review", "review"), ("A104", "L320", "L650")),
    Word("contract_drafting", "contract drafting", ("drafting", "draft"), ("A103",)),
    Word("litigation_support", "litigation support", ("litigation",), ("L110", "L120", "L390", "E118")),
    Word("contract_management", "contract management", ("contracts",), ()),
    Word("ediscovery", "e-discovery", ("e-discovery", "e discovery", "discovery"), ("L600", "L610", "L620", "L630")),
    Word("due_diligence", "due diligence", ("diligence",), ()),
    Word("compliance", "compliance work", ("regulatory",), ()),
    Word("ip_services", "patent and trade mark services", ("ip", "patents", "intellectual property"), ()),
    Word("paralegal", "paralegal work", ("paralegals",), ("A110",)),
    Word("transcription", "transcription", ("typing", "dictation"), ()),
)

BUYERS = _words(
    Word("law_firm", "law firm", ("law firms", "firm")),
    Word("corporate", "legal department", ("legal_department", "company", "in-house", "inhouse", "general counsel")),
)

SIZES = _words(
    Word("all", "of any size", ("any",)),
    Word("small", "small", ()),
    Word("midsize", "midsize", ("medium", "mid-size", "mid")),
    Word("large", "large", ("big",)),
)

BASELINES = _words(
    Word("associate", "law firm associate", ("associates",)),
    Word("paralegal", "paralegal", ("paralegals",)),
    Word("contract_attorney", "contract attorney", ("contract lawyer", "temp attorney")),
    Word("in_house_counsel", "in-house counsel", ("in-house", "inhouse", "in_house")),
)

DELIVERY_MODELS = _words(
    Word("provider", "outside provider", ("lpo", "alsp", "vendor", "outsourced")),
    Word("captive", "captive centre", ("captive center", "own centre", "own center")),
    Word("contract_attorney", "contract attorneys", ("contract attorneys", "contract lawyers", "temps")),
    Word("law_firm", "law firm", ("law firms", "outside counsel", "associates")),
    Word("in_house", "own lawyers", ("in-house", "inhouse", "in house counsel", "own staff")),
    Word("ai_assisted", "own lawyers with AI", ("ai-assisted", "ai", "generative ai", "genai")),
)

PRICING_MODELS = _words(
    Word("hourly", "by the hour", ("hour", "per hour", "time")),
    Word("per_document", "per document", ("document", "unit", "per unit")),
    Word("per_contract", "per contract", ("contract",)),
    Word("fte", "per dedicated person", ("dedicated fte", "dedicated person", "full-time equivalent")),
    Word("fixed_fee", "fixed fee", ("fixed", "flat fee", "lump sum")),
)

SHORES = {"onshore": "in the same country", "nearshore": "in a near country", "offshore": "in a far country"}

GRADES = {
    "A": "primary and exact",
    "B": "identifiable study, second-hand, rounded or by an interested publisher",
    "C": "claim of a seller or client, anecdote or approximate year",
    "D": "weak",
}

RUNGS = {
    1: "fitted from three or more studies of this task and place",
    2: "a range stated by one or two studies, read as quantiles",
    3: "borrowed from a named neighbour, or a lone figure, widened",
    4: "assumption",
}


@dataclass(frozen=True)
class Place:
    """A country, or a part of one.

    Parameters
    ----------
    code : str
        ISO 3166-1 alpha-3 for a country, ISO 3166-2 for a part.
    name : str
        English short name.
    country : str
        ISO 3166-1 alpha-3 code of the country it is or lies in.
    """

    code: str
    name: str
    country: str

    @property
    def is_country(self) -> bool:
        """Whether this is a whole country."""
        return self.code == self.country


# alpha-3, alpha-2, name: the countries that occur in the evidence and its tables.
_COUNTRIES = """
ARE AE United Arab Emirates|ARG AR Argentina|AUS AU Australia|BGD BD Bangladesh|BGR BG Bulgaria|BRA BR Brazil
CAN CA Canada|CHE CH Switzerland|CHL CL Chile|CHN CN China|COL CO Colombia|CRI CR Costa Rica|CZE CZ Czechia
DEU DE Germany|EGY EG Egypt|ESP ES Spain|EST EE Estonia|FRA FR France|GBR GB United Kingdom|GHA GH Ghana
HKG HK Hong Kong|HUN HU Hungary|IDN ID Indonesia|IND IN India|IRL IE Ireland|ISR IL Israel|JPN JP Japan|KEN KE Kenya
KOR KR South Korea|LKA LK Sri Lanka|LTU LT Lithuania|LVA LV Latvia|MAR MA Morocco|MEX MX Mexico|MUS MU Mauritius
MYS MY Malaysia|NGA NG Nigeria|NLD NL Netherlands|NZL NZ New Zealand|PAK PK Pakistan|PAN PA Panama|PER PE Peru
PHL PH Philippines|POL PL Poland|PRT PT Portugal|ROU RO Romania|RUS RU Russia|SGP SG Singapore|SVK SK Slovakia
THA TH Thailand|TUN TN Tunisia|TUR TR Turkey|UKR UA Ukraine|URY UY Uruguay|USA US United States|VNM VN Viet Nam
ZAF ZA South Africa
"""

_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|GU Guam|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas
KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri
MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina
ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|SC South Carolina
SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|VI US Virgin Islands|WA Washington
WV West Virginia|WI Wisconsin|WY Wyoming
"""

_PARTS = {
    "GB-EAW": "England and Wales",
    "GB-NIR": "Northern Ireland",
    "GB-SCT": "Scotland",
    "AU-NSW": "New South Wales",
    "AU-VIC": "Victoria",
}
_COUNTRY_OF = {"GB": "GBR", "AU": "AUS"}

_PLACE_ALIASES = {
    "uk": "GBR", "great britain": "GBR", "england": "GB-EAW", "britain": "GBR", "belfast": "GB-NIR", "us": "USA",
    "u.s.": "USA", "united states of america": "USA", "america": "USA", "the philippines": "PHL", "manila": "PHL",
    "vietnam": "VNM", "czech republic": "CZE", "korea": "KOR", "turkiye": "TUR", "washington dc": "US-DC",
    "washington d.c.": "US-DC", "holland": "NLD", "uae": "ARE", "new york state": "US-NY", "new york city": "US-NY",
}  # fmt: skip


def _split(block: str) -> list[list[str]]:
    return [entry.split(maxsplit=1) for entry in block.replace("\n", "|").split("|") if entry.strip()]


def _places() -> dict[str, Place]:
    places: dict[str, Place] = {}
    for alpha3, rest in _split(_COUNTRIES):
        places[alpha3] = Place(alpha3, rest.split(maxsplit=1)[1], alpha3)
    for abbreviation, name in _split(_STATES):
        places[f"US-{abbreviation}"] = Place(f"US-{abbreviation}", name, "USA")
    for code, name in _PARTS.items():
        places[code] = Place(code, name, _COUNTRY_OF[code[:2]])
    return places


PLACES = _places()

# Scopes of figures in the evidence that are no places; named here so that a report can print them.
SCOPES = {
    "WLD": "the world",
    "EUROPE": "Europe",
    "APAC": "Asia-Pacific",
    "ASEAN": "South-East Asia",
    "NAM": "North America",
    "MEA": "the Middle East",
    "IND_PHL": "India and the Philippines",
}


NEAR = {
    "USA": ("CAN", "MEX", "CRI", "PAN", "COL"),
    "CAN": ("USA", "MEX", "CRI", "PAN", "COL"),
    "GBR": ("IRL", "PRT", "ESP", "POL", "CZE", "SVK", "HUN", "ROU", "BGR", "EST", "LVA", "LTU", "MAR", "TUN"),
    "IRL": ("GBR", "PRT", "ESP", "POL", "CZE", "SVK", "HUN", "ROU", "BGR", "EST", "LVA", "LTU", "MAR", "TUN"),
    "DEU": ("POL", "CZE", "SVK", "HUN", "ROU", "BGR", "EST", "LVA", "LTU", "PRT", "ESP"),
    "AUS": ("NZL",),
    "NZL": ("AUS",),
    "HKG": ("CHN", "MYS", "PHL", "SGP"),
    "SGP": ("MYS", "IDN", "PHL", "THA", "VNM"),
}
"""Countries that count as near to a country in which buyers sit: the same continent or its rim, at most about three hours of time
difference. Any other country abroad is far."""

LOW_COST_CENTRES = {"USA": "US-OH", "GBR": "GB-NIR"}
"""The part of a country that stands for its low-cost delivery centres where none is asked for."""


def place_names() -> dict[str, str]:
    """Return what places are called in words, aliases among it, each with its code.

    Returns
    -------
    dict of str to str
        Codes by name.
    """
    return {**{place.name: code for code, place in PLACES.items()}, **_PLACE_ALIASES}


def shore(home: str, place: str) -> str:
    """Say how far work moves.

    Parameters
    ----------
    home : str
        Where it is done today.
    place : str
        Where it would be done.

    Returns
    -------
    {'onshore', 'nearshore', 'offshore'}
        By the table `NEAR`.

    Examples
    --------
    >>> shore("US-NY", "US-OH"), shore("USA", "CRI"), shore("GBR", "IND")
    ('onshore', 'nearshore', 'offshore')
    """
    here, there = PLACES[home].country, PLACES[place].country
    if here == there:
        return "onshore"
    return "nearshore" if there in NEAR.get(here, ()) else "offshore"


@cache
def _spellings(kind: str) -> Mapping[str, str]:
    """Map every accepted spelling, folded, to its code."""
    spellings: dict[str, str] = {}
    if kind in ("place", "scope"):
        alpha2 = {rest.split(maxsplit=1)[0]: alpha3 for alpha3, rest in _split(_COUNTRIES)}
        spellings.update({_folded(key): code for key, code in alpha2.items()})
        spellings.update({_folded(place.name): code for code, place in PLACES.items()})
        spellings.update({_folded(alias): code for alias, code in _PLACE_ALIASES.items()})
        # Georgia the state is listed, the country is not; codes win over names and aliases.
        spellings.update({_folded(code): code for code in PLACES})
        if kind == "scope":
            spellings.update({_folded(text): code for code, name in SCOPES.items() for text in (code, name)})
    else:
        for word in _KINDS[kind].values():
            for spelling in (word.code, word.label, *word.aliases):
                spellings.setdefault(_folded(spelling), word.code)
    return spellings


def _folded(text: str) -> str:
    """Let case, and whether words are joined by spaces, hyphens or underscores, make no difference."""
    return re.sub(r"[\s_-]+", " ", text.strip()).casefold()


_KINDS: dict[str, dict[str, Word]] = {
    "task": TASKS,
    "any task": {"all": Word("all", "legal work of any kind", ("any",)), **TASKS},
    "buyer": BUYERS,
    "buyer size": SIZES,
    "baseline": BASELINES,
    "delivery model": DELIVERY_MODELS,
    "pricing model": PRICING_MODELS,
}


def codes_of(kind: str) -> list[str]:
    """List the codes of a part of the vocabulary.

    Parameters
    ----------
    kind : str
        As in `resolve`.

    Returns
    -------
    list of str
        Codes, in order.
    """
    if kind in ("place", "scope"):
        return [*PLACES, *(SCOPES if kind == "scope" else ())]
    return list(_KINDS[kind])


def resolve(kind: str, typed: object, *, allowed: Iterable[str] | None = None) -> str:
    """Turn what somebody typed into a code.

    Parameters
    ----------
    kind : {'task', 'any task', 'buyer', 'buyer size', 'baseline', 'delivery model', 'pricing model', 'place', 'scope'}
        Which part of the vocabulary.
    typed : object
        A code, a label or an alias, in any case, with spaces, hyphens or underscores.
    allowed : iterable of str, optional
        Codes to choose from where not all of the kind will do.

    Returns
    -------
    str
        The code.

    Raises
    ------
    NotFoundError
        If it is none of them; names the nearest and what is allowed.

    Examples
    --------
    >>> resolve("task", "Legal Research")
    'legal_research'
    >>> resolve("place", "philippines")
    'PHL'
    """
    spellings = _spellings(kind)
    codes = codes_of(kind) if allowed is None else list(allowed)
    code = spellings.get(_folded(str(typed)))
    if code in codes:
        return code
    names = codes + [spelling for spelling, code in spellings.items() if code in codes and len(spelling) > 3]
    hint = choices(typed, names, limit=0).split("Allowed:")[0]
    listed = ", ".join(codes[:70]) + (f" and {len(codes) - 70} more" if len(codes) > 70 else "")
    raise NotFoundError(f"{str(typed)!r} is not a {kind} this kit knows.", remedy=f"{hint}Allowed: {listed}.")


_CODES = re.compile(r"\b(?:[A-Z]{2}-[A-Z]{2,3}|[A-Z]{3})\b")
_WITH_ARTICLE = frozenset({"ARE", "GBR", "NLD", "PHL", "USA", "US-DC", "US-VI"})


def in_words(code: str) -> str:
    """Return the name of a place as a sentence takes it, with its article where it has one.

    Parameters
    ----------
    code : str
        A place, or a scope of figures.

    Returns
    -------
    str
        Such as ``the Philippines``.
    """
    return f"the {label('place', code)}" if code in _WITH_ARTICLE else label("place", code)


def spelt_out(text: str) -> str:
    """Write the places of a text by their names.

    Parameters
    ----------
    text : str
        Such as ``US-NY and IND``.

    Returns
    -------
    str
        Such as ``New York and India``; what is no code of a place stays as it is.
    """
    return _CODES.sub(lambda found: in_words(found[0]) if found[0] in PLACES else found[0], text)


def label(kind: str, code: str) -> str:
    """Return what a reader sees for a code.

    Parameters
    ----------
    kind : {'task', 'any task', 'buyer', 'buyer size', 'baseline', 'delivery model', 'pricing model', 'place', 'scope'}
        Which part of the vocabulary.
    code : str
        A code of it. Scopes of figures (``WLD``) are accepted as places.

    Returns
    -------
    str
        The label; the code itself where the vocabulary has none.
    """
    if kind in ("place", "scope"):
        return PLACES[code].name if code in PLACES else SCOPES.get(code, code)
    return _KINDS[kind][code].label if code in _KINDS[kind] else code.replace("_", " ")
