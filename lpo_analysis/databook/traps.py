"""The traps of this field, each shown by the figures on file and held against the rule that avoids it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.databook.coverage import chosen, plain
from lpo_analysis.databook.parameters import Parameters
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.results import Result, tidy
from lpo_analysis.wording import count, number, percent

Found = tuple[float, str, pd.DataFrame]
NAMED = 25
"""Figures up to which a trap names each of them."""


def traps(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what each trap would do here.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades; the traps are those of the whole base, whatever the topic.

    Returns
    -------
    Result
        One term a trap that these grades can show: ``label`` the mistake, ``estimate`` its size in ``unit``, ``found`` a sentence,
        ``method`` the rule that the code keeps, ``n_obs`` the figures concerned.
    """
    records: list[dict[str, object]] = []
    rows: list[str] = []
    n_used = 0
    for term, label, unit, rule, look in _TRAPS:
        found = look(evidence, parameters)
        if found is None:
            continue
        size, said, behind = found
        n_used += len(behind)
        # A share of many rows is a count; only what names single figures names their rows.
        rows += list(behind.index) if len(behind) <= NAMED else []
        records.append(
            {
                "term": term,
                "label": label,
                "estimate": size,
                "n_obs": len(behind),
                "unit": unit,
                "method": rule,
                "found": said,
            }
        )
    missing = len(_TRAPS) - len(records)
    other = f" {count(missing, 'other')} cannot be shown at these grades." if missing else ""
    text = (
        f"{count(len(records), 'trap')} {'is' if len(records) == 1 else 'are'} shown with figures of grade {'/'.join(parameters.grades)}; "
        f"each has a rule that the code keeps.{other}"
    )
    return Result("traps", tidy(records), text, rows=tuple(dict.fromkeys(rows)), n_used=n_used)


def _sizes(evidence: Evidence, p: Parameters) -> pd.DataFrame:
    rows = select(evidence, metric="market_size", grades=p.grades, required=False)
    return rows[rows["form"] == "point"]


def _scopes(evidence: Evidence, p: Parameters) -> Found | None:
    rows = _sizes(evidence, p)
    wanted = rows[rows["category"].isin(["alsp_total", "lpo_global"]) & rows["unit"].eq("USD_bn")]
    middle = wanted.pivot_table(index="year_end", columns="category", values="value", aggfunc="median").dropna()
    if middle.empty or middle.shape[1] < 2:
        return None
    year = middle.index[-1]
    ratio = float(middle.loc[year, "alsp_total"] / middle.loc[year, "lpo_global"])
    said = (
        f"In {year} alternative legal services were {number(ratio, digits=2)} times legal process outsourcing "
        f"({number(middle.loc[year, 'alsp_total'])} against {number(middle.loc[year, 'lpo_global'])} USD billion)."
    )
    return ratio, said, wanted[wanted["year_end"] == year]


def _senses(evidence: Evidence, p: Parameters) -> Found | None:
    rows = select(evidence, metric="adoption_rate", grades=p.grades, required=False)
    rows = rows[(rows["form"] == "point") & rows["task"].eq("all")]
    key = ["geography", "buyer", "buyer_size", "year_end"]
    spans = rows.groupby(key, observed=True).agg(low=("value", "min"), high=("value", "max"), n=("category", "nunique"))
    spans = spans[spans["n"] >= 2]
    if spans.empty:
        return None
    place, buyer, size, year = (spans["high"] - spans["low"]).idxmax()
    part = rows[(rows[key] == [place, buyer, size, year]).all(axis=1)].sort_values("value", kind="stable")
    low, high = part.iloc[0], part.iloc[-1]
    said = (
        f"In {vocabulary.in_words(place)} {low['value']:g}% or {high['value']:g}% of {vocabulary.label('buyer', buyer)}s outsourced in {year}, "
        f"by the sense of the word: {_sense(evidence, low)} or {_sense(evidence, high)}."
    )
    return float(high["value"] - low["value"]) / 100, said, part


def _sense(evidence: Evidence, row: pd.Series) -> str:
    """Tell what was asked: the meaning of the category up to its first remark, or its code in words."""
    codes = evidence.categories
    told = codes.loc[(codes["metric"] == row["metric"]) & (codes["category"] == row["category"]), "meaning"]
    said = str(told.iloc[0]).split(";")[0].split(" (")[0] if len(told) else ""
    return f"“{said or plain(row['category'])}”"


def _forecasts(evidence: Evidence, p: Parameters) -> Found | None:
    rows = select(
        evidence, metric="market_size", grades=p.grades, status=("actual", "estimate", "forecast"), required=False
    )
    ahead = rows[rows["status"] == "forecast"]
    if ahead.empty:
        return None
    share = len(ahead) / len(rows)
    return share, f"{len(ahead)} of {len(rows)} market sizes are forecasts.", ahead


def _studies(evidence: Evidence, p: Parameters) -> Found | None:
    rows = chosen(evidence, p)
    if rows.empty:
        return None
    sizes = rows["study_id"].value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    top = sizes.head(5)
    behind = rows[rows["study_id"].isin(top.index)]
    share = len(behind) / len(rows)
    said = (
        f"{count(len(top), 'study', 'studies')} of {len(sizes)} hold {percent(share)} of the {count(len(rows), 'row')}."
    )
    return share, said, behind


def _bounds(evidence: Evidence, p: Parameters) -> Found | None:
    rows = chosen(evidence, p)
    part = rows[rows["form"] != "point"]
    if part.empty:
        return None
    n = part["form"].value_counts()
    said = (
        f"{count(int(n.get('range', 0)), 'figure')} {'is a range' if n.get('range', 0) == 1 else 'are ranges'}, {int(n.get('floor', 0))} only a floor "
        f"(“more than”) and {int(n.get('ceiling', 0))} only a ceiling (“up to”)."
    )
    return len(part) / len(rows), said, part


def _samples(evidence: Evidence, p: Parameters) -> Found | None:
    rows = chosen(evidence, p)
    rows = rows[rows["sample_size"].notna() & rows["unit"].eq("percent")]
    part = rows[rows["buyer_size"].isin(["small", "midsize", "large"])]
    if part.empty:
        return None
    said = f"{len(part)} of {len(rows)} shares with a sample size are of one size of buyer, whose number of answers is not told."
    return len(part) / len(rows), said, part


def _sellers(evidence: Evidence, p: Parameters) -> Found | None:
    del p
    rows = select(
        evidence, metric="savings_rate", grades=tuple("ABCD"), status=("actual", "estimate", "forecast"), required=False
    )
    measured = rows[rows["category"] == "client_measured"]
    claimed = rows[
        rows["category"].isin(["vendor_claim", "vendor_model_technology", "vendor_rate_gap", "agency_claim"])
    ]
    if rows.empty:
        return None
    said = f"Of {len(rows)} savings on file, all grades, {len(claimed)} are told by sellers and {len(measured)} by clients who say that they measured."
    return len(claimed) / len(rows), said, claimed


def _old(evidence: Evidence, p: Parameters) -> Found | None:
    rows = select(evidence, metric="lpo_hourly_rate", grades=p.grades, required=False)
    rows = rows[rows["provider"].isin(["offshore", "captive", "nearshore"])]
    if rows.empty:
        return None
    newest = int(rows["year_end"].max())
    age = int(evidence.observations["year_end"].where(evidence.observations["status"] != "forecast").max()) - newest
    said = f"The newest price of an offshore hour at these grades is of {newest}, {count(age, 'year')} older than the newest figure on file."
    return float(age), said, rows


def _currencies(evidence: Evidence, p: Parameters) -> Found | None:
    rows = chosen(evidence, p)
    money = rows[rows["unit"].str.match(r"^(?:AUD|EUR|GBP|INR|USD)(?:_|$)")]
    other = money[~money["unit"].str.startswith("USD")]
    if other.empty:
        return None
    said = f"{len(other)} of {len(money)} amounts of money are not in US dollars; amounts run from {money['year_start'].min()} to {money['year_end'].max()}."
    return len(other) / len(money), said, other


def _listed() -> Iterator[tuple[str, str, str, str, Callable[[Evidence, Parameters], Found | None]]]:
    yield (
        "scopes",
        "Taking alternative legal services for legal process outsourcing",
        "ratio",
        "scopes are never mixed",
        _scopes,
    )
    yield (
        "senses",
        "Taking one sense of “use” for another",
        "share, difference",
        "figures are compared within a sense only",
        _senses,
    )
    yield (
        "forecasts",
        "Taking a forecast for what came",
        "share",
        "a forecast enters only where it is asked for",
        _forecasts,
    )
    yield (
        "rows",
        "Counting rows as if each were a study",
        "share",
        "a study counts once, however many rows it has",
        _studies,
    )
    yield (
        "bounds",
        "Reading a bound or a range as a figure",
        "share",
        "bounds stay bounds; a range gives its two ends",
        _bounds,
    )
    yield (
        "samples",
        "Giving a subgroup the sample size of the whole survey",
        "share",
        "such an interval is called “at least this wide”",
        _samples,
    )
    yield (
        "sellers",
        "Reading what is claimed as what came",
        "share",
        "grade C enters only sections on claims, marked",
        _sellers,
    )
    yield "age", "Using an old price as today’s", "years", "drift since the price was seen is an uncertain input", _old
    yield (
        "money",
        "Adding money of different currencies and years",
        "share",
        "converted at the year’s rate, then deflated",
        _currencies,
    )


_TRAPS = tuple(_listed())
