"""Parameters of the risk report."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from lpo_analysis import vocabulary
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import price_years, table
from lpo_analysis.parameters import Level, Number, Range, ReportParameters, Seed, Whole, rule, word

Grade = Literal["A", "B", "C", "D"]


class Parameters(ReportParameters):
    """One firm, its records, its jurisdictions, and the place of a provider."""

    report: ClassVar[str] = "risk"
    coverage_title: ClassVar[str] = (
        "Opinions on file, by jurisdiction and scope (only those on outsourcing count as such)"
    )

    buyer_size: word("buyer size") = "midsize"  # type: ignore[valid-type]
    """Size of the law firm whose breaches are counted."""
    jurisdictions: Annotated[list[word("place")], Field(min_length=1, max_length=20)] = ["US-NY", "GB-EAW"]  # type: ignore[valid-type]
    """Jurisdictions whose opinions are asked what they require."""
    location: word("place") = "IND"  # type: ignore[valid-type]
    """Place of the provider, whose governance is shown beside that of the United States."""
    records: Annotated[Whole, Field(ge=0, le=1_000_000_000)] = 20_000
    """Client records the firm holds."""
    vendors: Annotated[Whole, Field(ge=1, le=100_000)] = 20
    """Outside firms that hold client records today."""
    horizon_years: Annotated[Whole, Field(ge=1, le=30)] = 3
    """Years over which the probability of a breach is accumulated."""
    price_year: Whole = 2024
    """Year whose prices the US dollars are in."""
    level: Level = 0.9
    """Probability that every interval covers."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence let into the estimates."""
    draws: Annotated[Whole, Field(ge=256, le=1 << 20)] = 4096
    """Number of joint draws of the inputs, a power of two."""
    seed: Seed = 1
    """Seed of the draws; 0 is allowed."""
    widening: Annotated[Number, Field(ge=1, le=10)] = 1.5
    """Factor by which a borrowed or lone figure is widened on either side (a share: its odds)."""
    memory_years: Range = [5.0, 15.0]
    """Assumption: years that respondents look back over when they say that the firm was ever breached."""
    reached_share: Range = [0.05, 1.0]
    """Assumption: share of the records that a breach reaches, once it reaches client data; it differs from breach to breach, evenly between these ends."""
    held_share: Range = [0.05, 0.5]
    """Assumption: share of the firm's records that a new provider would hold; the ends of the range shown."""
    relative_hazard: Range = [0.5, 3.0]
    """Assumption: how often the new provider is breached, as a multiple of an average vendor; read as 5% and 95% quantile."""
    tail_years: Annotated[Whole, Field(ge=2, le=1000)] = 100
    """Value at risk and tail mean are those of the worst year in so many."""
    saving_at_stake: Annotated[Number, Field(ge=0)] = 0.0
    """Yearly saving in US dollars whose loss to the added risk is looked for; 0 if none is asked about."""
    insurance_retention: Annotated[Number, Field(ge=0)] = 50_000.0
    """Assumption: part of each breach that the firm's cyber cover leaves to it, in US dollars."""
    insurance_limit: Annotated[Number, Field(ge=0)] = 1_000_000.0
    """Assumption: most that the firm's cyber cover pays for one breach, in US dollars; 0 if there is no cover."""
    liability_cap: Annotated[Number, Field(ge=0)] = 500_000.0
    """Assumption: most that the provider's contract makes it pay for one breach at its place, in US dollars; 0 if it pays nothing."""

    @model_validator(mode="after")
    def _together(self) -> Parameters:
        first, last = price_years()
        if not first <= self.price_year <= last:
            raise rule(f"price_year: {self.price_year} is outside the price index, which covers {first} to {last}")
        if self.draws & (self.draws - 1):
            below = 1 << (self.draws.bit_length() - 1)
            raise rule(f"draws: must be a power of two, got {self.draws}; nearest are {below} and {2 * below}")
        for name in ("grades", "jurisdictions"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise rule(f"{name}: one stands there twice, got {', '.join(getattr(self, name))}")
        if not self.memory_years[0] >= 1:
            raise rule(f"memory_years: must be at least 1, got {self.memory_years[0]:g}")
        if not self.relative_hazard[0] > 0:
            raise rule(f"relative_hazard: must be above 0, got {self.relative_hazard[0]:g}")
        for name in ("reached_share", "held_share"):
            low, high = getattr(self, name)
            if not 0 < low <= high <= 1:
                raise rule(f"{name}: must lie between 0 (excluded) and 1, got {low:g} to {high:g}")
        return self

    @classmethod
    def prime(cls) -> None:
        """Compute what every report of this kind shares, so that a batch does it once."""
        from lpo_analysis.risk.analysis import analyse
        from lpo_analysis.risk.register import register

        # The rows of these grades and the sampler are the same work whatever the question.
        analysis = analyse(cls())
        analysis.by_grades()
        # The register is the same for every firm.
        register(cls().level)
        # Published shares and scores, which hardly a parameter changes.
        _ = analysis.prevalence, analysis.quality, analysis.governance

    @classmethod
    def coverage(cls) -> pd.DataFrame:
        """Count the opinions on file by jurisdiction and scope.

        Returns
        -------
        pandas.DataFrame
            One jurisdiction a row, one scope a column.
        """
        opinions = table("ethics_opinions")
        place = opinions["subdivision"].where(opinions["subdivision"] != "", opinions["jurisdiction"])
        return pd.crosstab(place.rename("jurisdiction"), opinions["scope"])

    def check_evidence(self) -> None:
        """Raise `NoEvidenceError` where the governance of the location is not on file."""
        country = vocabulary.PLACES[self.location].country
        listed = table("location_governance")["iso3"].drop_duplicates().tolist()
        if country not in listed:
            raise NoEvidenceError(
                f"No governance scores are on file for {vocabulary.in_words(country)}.",
                where=f"location {self.location}",
                remedy=f"Available: {', '.join(listed)}.",
            )
