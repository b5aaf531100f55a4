"""Pages written from what the package says of itself: commands, parameters, claims, disagreements, schema, and reports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def pages() -> dict[str, str]:
    """Pages by path."""
    return {
        "reference/commands.md": commands(),
        "reference/parameters.md": parameters(),
        "reference/results.md": schema(),
        "reference/claims.md": claims(),
        "reference/disagreements.md": disagreements(),
        "reference/vocabulary.md": words(),
        "reference/metrics.md": metrics(),
        "reference/coverage.md": coverage(),
        "reference/cite.md": cite(),
        "reports/index.md": report_index(),
    }


def _notebooks() -> list[Path]:
    """The notebooks that are reports: those that name a parameter model."""

    def parameters_of(path: Path) -> str | None:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"].get("lpo", {}).get("parameters")

    return [path for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if parameters_of(path)]


def _cell(value: object) -> str:
    return escape(re.sub(r"\s+", " ", str(value)), quote=False).replace("|", "\\|").replace("*", "\\*")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()) -> str:
    """A table in Markdown; cells that begin with a backtick or a bracket are taken as they stand."""
    ruled = ["---:" if i in right else "---" for i in range(len(head))]
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(ruled) + "|"]
    for row in rows:
        cells = [str(item) if str(item).startswith(("`", "[", "**")) else _cell(item) for item in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


# --- the command ---------------------------------------------------------------------------------------------------------------------


def commands() -> str:
    """The `lpo` command with all its commands, arguments and options."""
    import typer

    from lpo_analysis.cli import app

    root = typer.main.get_command(app)
    lines = [
        "# Commands\n",
        f"{root.help}\n",
        (
            "Exit codes: 0, done; 1, a report failed; 2, a mistake in what was asked, told in one message; 3, refused, because the evidence "
            "bears no answer. A batch lists refused questions and goes on.\n"
        ),
    ]
    for name, command in root.commands.items():
        inner = getattr(command, "commands", None)
        for path, leaf in [(f"{name} {k}", v) for k, v in inner.items()] if inner else [(name, command)]:
            lines += [f"## lpo {path}\n", f"{leaf.help}\n", f"```text\n{_usage(path, leaf.params)}\n```\n"]
            rows = [_option(item) for item in leaf.params]
            if rows:
                lines.append(_table(["argument or option", "default", "meaning"], rows))
    return "\n".join(lines)


def _usage(path: str, params: list[Any]) -> str:
    said = []
    for item in params:
        if item.param_type_name == "argument":
            name = (item.metavar or item.name.upper()) + ("..." if item.nargs == -1 else "")
            said.append(name if item.required else f"[{name}]")
    return " ".join(
        ["lpo", path, *said, *(["[OPTIONS]"] if any(p.param_type_name == "option" for p in params) else [])]
    )


def _option(item: Any) -> tuple[str, str, str]:
    if item.param_type_name == "argument":
        return f"`{item.metavar or item.name.upper()}`", "" if not item.required else "must be given", item.help or ""
    names = ", ".join([*item.opts, *item.secondary_opts])
    value = "" if item.is_flag else f" {item.metavar or item.name.upper()}"
    default = "" if item.default in (None, False) else str(item.default)
    return f"`{names}{value}`", default, item.help or ""


# --- parameters ----------------------------------------------------------------------------------------------------------------------


def parameters() -> str:
    """The parameters of every report from its model, as `lpo params` lists them."""
    from lpo_analysis.parameters import describe
    from lpo_analysis.reporting import library

    lines = [
        "# Parameters of the reports\n",
        (
            "What `lpo params NAME` prints, from the models that the notebooks and the runner check with. A meaning that begins with "
            "*Assumption* is borne by no row of the evidence: it is yours to change. A pair *low, high* is read as the 5% and the 95% quantile.\n"
        ),
    ]
    for path in _notebooks():
        model = library.model(library.read(path), where=path.name)
        rows = [
            (
                f"`{row.parameter}`<br>{_cell(row.type)}" + (f", {_cell(row.default)}" if row.default else ""),
                f"{row.meaning} Allowed: {row.allowed}." if row.allowed else row.meaning,
            )
            for row in describe(model).itertuples(index=False)
        ]
        lines += [f"## {path.stem}\n", _table(["parameter, type, default", "meaning"], rows)]
        covered = model.coverage()
        if covered is not None:
            frame = covered.replace("", "-").rename_axis(None)
            lines += [f"{model.coverage_title}:\n", _table(["", *map(str, frame.columns)], ([k, *row] for k, row in zip(frame.index, frame.to_numpy().tolist(), strict=True)))]  # fmt: skip
    return "\n".join(lines)


# --- results.json --------------------------------------------------------------------------------------------------------------------


def schema() -> str:
    """The published schema of results.json, field by field."""
    path = ROOT / "docs" / "schemas" / "lpo-results-1.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        "# results.json\n",
        f"{content['description']}\n",
        (
            f"The file is checked against a JSON schema, [{path.name}](../schemas/{path.name}) (`{content['$id']}`, JSON Schema 2020-12). "
            "`schema` in the file names the version.\n"
        ),
        "## The file\n",
        _fields(content),
    ]
    told = {"estimate": "An estimate", "single": "A single value", "number": "A number"}
    for name, part in content["$defs"].items():
        lines.append(f"## {told.get(name, name)}\n")
        if "description" in part:
            lines.append(f"{part['description']}\n")
        if "properties" in part:
            lines.append(_fields(part))
        if "then" in part:
            lines.append(
                f"Where `estimate` is null, {' and '.join(f'`{n}`' for n in part['then']['required'])} must stand there, too.\n"
            )
    return "\n".join(lines)


def _fields(part: dict[str, Any]) -> str:
    rows = []
    for name, item in part["properties"].items():
        kind = item.get("type") or (
            f"`{item['const']}`" if "const" in item else "a number" if "$ref" in item else "any"
        )
        kind = " or ".join(kind) if isinstance(kind, list) else kind
        rows.append(
            (f"`{name}`", kind, "yes" if name in part.get("required", ()) else "no", item.get("description", ""))
        )
    return _table(["field", "type", "always there", "meaning"], rows)


# --- what is claimed, and where sources disagree -------------------------------------------------------------------------------------


def claims() -> str:
    """The claims of the field as the evidence now judges them."""
    from lpo_analysis.claims import claims as judged
    from lpo_analysis.claims import summary

    table = summary(judged())
    lines = [
        "# The claims of the field\n",
        (
            "Each claim is judged by a rule written in the code, from results of the kit; `lpo claims --rows` prints the same with the rows behind each. "
            "*Not known* means that the evidence on file cannot tell, not that the claim is false.\n"
        ),
        _table(
            ["claim", "verdict", "rows", "studies", "best grade"],
            ((row.claim, f"**{row.verdict}**", row.n_rows, row.n_studies, row.grade) for row in table.itertuples()),
            right=(2, 3),
        ),
    ]
    for row in table.itertuples():
        section = row.section.partition(": ")[2]
        lines += [
            f"## {row.claim}\n",
            f"**{str(row.verdict).capitalize()}.** {_cell(row.why)}\n",
            f"Shown in the [{row.report} report](../reports/{row.report}.html), section “{section}”.\n",
        ]
        lines += [
            f'??? note "The {row.n_rows} rows behind it"\n\n    {", ".join(f"`{item}`" for item in row.rows.split(", "))}\n'
        ]
    return "\n".join(lines)


def disagreements() -> str:
    """Where publishers contradict each other, as the adoption report finds it, and where nothing can be joined."""
    from lpo_analysis import adoption
    from lpo_analysis.evidence import load

    evidence, asked = load(), adoption.Parameters()
    found = adoption.disagreement(evidence, asked)
    lines = [
        "# Known disagreements\n",
        (
            "Market figures of the same scope and year by different makers, of all grades: disagreement is the subject here, so weak figures are "
            "shown, and none of them is pooled. The traps that stand behind many contradictions are listed with the [evidence](evidence.md#traps).\n"
        ),
        "## The same market, the same year\n",
        f"{_cell(found.text)}\n",
        _table(
            [
                "market and year",
                "kind",
                "smallest",
                "largest",
                "ratio",
                "bounds and ranges",
                "makers",
                "of grade A or B",
            ],
            (
                (
                    row.label,
                    row.kind,
                    _figure(row.smallest),
                    _figure(row.largest),
                    _figure(row.estimate, 1),
                    _bounds(row),
                    row.n_makers,
                    row.n_ab,
                )
                for row in found.table.itertuples()
            ),
            right=(2, 3, 4, 6, 7),
        ),
        (
            "Sizes in billions of dollars of their year. A ratio is formed between single figures of two makers only; a range has no one size, and a bound "
            "no upper or no lower end. *Of grade A or B* counts makers of single figures.\n"
        ),
    ]
    for title, result in (
        ("The break in the figures of legal process outsourcing", adoption.market_break(evidence, asked)),
        ("Whether anything can be pooled", adoption.pooled(evidence, asked)),
        ("Forecasts that their own makers revised", adoption.revisions(evidence, asked)),
    ):
        lines += [f"## {title}\n", f"{_cell(result.text)}\n"]
        if result.rows:
            lines.append(f"Rows: {', '.join(f'`{row}`' for row in result.rows)}.\n")
    return "\n".join(lines)


def _figure(value: float, digits: int = 3) -> str:
    return "" if value != value else f"{value:.1f}" if digits == 1 else f"{value:,.4g}"


def _bounds(row: Any) -> str:
    said = []
    if row.at_least == row.at_least:
        said.append(f"at least {row.at_least:g}")
    if row.at_most == row.at_most:
        said.append(f"at most {row.at_most:g}")
    if row.range_low == row.range_low:
        said.append(f"{row.range_low:g} to {row.range_high:g}")
    return "; ".join(said)


# --- words, metrics, coverage --------------------------------------------------------------------------------------------------------


def words() -> str:
    """Codes that parameters take and data use, with what people may type instead."""
    from lpo_analysis import vocabulary

    groups = {
        "Tasks": vocabulary.TASKS,
        "Buyers": vocabulary.BUYERS,
        "Sizes of buyers": vocabulary.SIZES,
        "Who does the work today (baseline)": vocabulary.BASELINES,
        "Ways of doing the work (delivery model)": vocabulary.DELIVERY_MODELS,
        "Ways of paying for it (pricing model)": vocabulary.PRICING_MODELS,
    }
    lines = [
        "# Codes\n",
        (
            "Parameters take a code or one of the other spellings; what is recorded is the code. Places take ISO 3166 codes (`IND`, `US-NY`, `GB-EAW`) "
            "or English names. A code that is unknown is refused with the nearest one. [vocabulary.csv](../files/evidence/vocabulary.csv) has the codes of "
            "every coded column of the evidence.\n"
        ),
    ]
    for title, group in groups.items():
        with_utbms = any(word.utbms for word in group.values())
        head = ["code", "label", "also taken", *(["UTBMS"] if with_utbms else [])]
        rows = [
            (f"`{w.code}`", w.label, ", ".join(w.aliases), *([", ".join(w.utbms)] if with_utbms else []))
            for w in group.values()
        ]
        lines += [f"## {title}\n", _table(head, rows)]
    lines += ["## Grades\n", _table(["grade", "meaning"], vocabulary.GRADES.items())]
    lines += ["## Rungs\n", _table(["rung", "meaning"], vocabulary.RUNGS.items())]
    return "\n".join(lines)


def metrics() -> str:
    """The metrics of the evidence with their definitions and counts."""
    from lpo_analysis.evidence import load

    frame = load().metrics
    lines = [
        "# Metrics on file\n",
        (
            f"The {len(frame)} metrics of the evidence base: what each means, of what its shares are shares, and how many figures there are. "
            "`lpo evidence find metric=NAME` lists the figures.\n"
        ),
    ]
    for topic, group in frame.groupby("topic", sort=False):
        rows = [
            (
                f"`{name}`",
                row.unit,
                f"{row.definition}" + (f" Of: {row.base}." if row.base else ""),
                row.n_observations,
                _years(row),
            )
            for name, row in zip(group.index, group.itertuples(index=False), strict=True)
        ]
        lines += [
            f"## {str(topic).capitalize()}\n",
            _table(["metric", "unit", "definition", "figures", "years"], rows, right=(3,)),
        ]
    return "\n".join(lines)


def _years(row: Any) -> str:
    first, last = int(row.first_year), int(row.last_year)
    return str(first) if first == last else f"{first}-{last}"


def coverage() -> str:
    """How often intervals held simulated truths, estimator by estimator."""
    import pandas as pd

    lines = [
        "# How often intervals hold the truth\n",
        (
            "An interval of 90% should hold the truth nine times of ten. For estimators whose intervals are approximate this was simulated over grids of "
            "cases; the tables are committed, tests recompute a part of them, and reports print the case nearest to their own. Shown here is the range "
            "over each grid: where the lowest is well below the level, intervals are too short in some cases, and the table says in which. Some rows are contrasts: ways of estimating that reports do not rely on (such as ignoring clusters), and worlds in which the fitted model is wrong.\n"
        ),
    ]
    for path in sorted((ROOT / "data" / "tables").glob("coverage_*.csv")):
        frame = pd.read_csv(path)
        keys = [name for name in ("estimator", "level") if name in frame.columns]
        rows = []
        for group, part in frame.groupby(keys, sort=False):
            rows.append((f"`{group[0]}`", f"{group[1]:.0%}", len(part), f"{part['coverage'].min():.1%}", f"{part['coverage'].median():.1%}", f"{part['coverage'].max():.1%}"))  # fmt: skip
        lines += [
            f"## {path.stem.removeprefix('coverage_').capitalize()}\n",
            f"[{path.name}](../files/tables/{path.name}); its columns are explained with the [tables](tables.md).\n",
            _table(["estimator", "level", "cases", "lowest", "median", "highest"], rows, right=(1, 2, 3, 4, 5)),
        ]
    return "\n".join(lines)


# --- citing, and the reports ---------------------------------------------------------------------------------------------------------


def cite() -> str:
    """How to cite the kit, from CITATION.cff."""
    import yaml

    said = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = " and ".join(
        f"{{{a['name']}}}" if "name" in a else f"{a['family-names']}, {a['given-names']}" for a in said["authors"]
    )
    plain = ", ".join(a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in said["authors"])
    # The file names a date only from the first release on.
    year = str(said.get("date-released", ""))[:4]
    dated = f"  year = {{{year}}},\n" if year else "  note = {unreleased},\n"
    bibtex = (
        f"@software{{lpo_research_kit,\n  title = {{{said['title']}}},\n  author = {{{authors}}},\n  version = {{{said['version']}}},\n"
        f"{dated}  license = {{{said['license']}}}\n}}"
    )
    return "\n".join(
        [
            "# How to cite\n",
            f"{said['message']}\n",
            f"> {plain} ({year or 'unreleased'}). {said['title']}, version {said['version']}.\n",
            f"```bibtex\n{bibtex}\n```\n",
            "The same for programs: [CITATION.cff](../files/CITATION.cff).\n",
            "One report is cited by its parameters, seed and fingerprint: see [Cite a report](../how-to/evidence.md#cite-a-report).\n",
            "## Cite the figures, too\n",
            "A figure belongs to whoever made it. Every report ends with its sources, and the command prints a citation of any row:\n",
            "```sh\n.venv/bin/lpo evidence show cba_lpo_rate\n.venv/bin/lpo evidence show cba_lpo_rate --bibtex\n```\n",
            "Some tables ask for a line to be printed with anything made from them: see [licences](licences.md) and the [tables](tables.md).\n",
        ]
    )


def _recorded(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            values |= output.get("data", {}).get("application/vnd.lpo.values+json", {})
    return values


def _opening(path: Path) -> tuple[str, str]:
    """Question and first paragraph of a notebook."""
    first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    title, _, rest = first.partition("\n")
    return title.removeprefix("# ").strip(), rest.strip()


def report_index() -> str:
    """The committed reports with their large numbers."""
    from lpo_analysis.reporting.page import cards_of

    lines = [
        "---\nhide: [navigation]\n---\n\n# The reports\n",
        (
            "Each report as it is committed, executed with its default parameters: the same page that `lpo report` makes. Your own question is one "
            "command away: see [the first report](../tutorial/first-report.md).\n"
        ),
    ]
    for path in _notebooks():
        question, paragraph = _opening(path)
        lines += [f"## {path.stem.capitalize()}: {question}\n", f"{paragraph}\n"]
        rows = [(card["label"], f"**{card['big']}**", card["span"]) for card in cards_of(_recorded(path))]
        if rows:
            lines.append(_table(["at the defaults", "", ""], rows))
        lines.append(
            f"[Open the {path.stem} report]({path.stem}.html){{ .md-button }} [its parameters](../reference/parameters.md#{path.stem})\n"
        )
    return "\n".join(lines)


def reports() -> dict[str, str]:
    """The committed notebooks as the pages that the kit makes of them."""
    import nbformat

    from lpo_analysis.reporting.brief import FILE
    from lpo_analysis.reporting.chapters import REPORT
    from lpo_analysis.reporting.page import pages

    made = {}
    for path in _notebooks():
        written = pages(nbformat.read(path, as_version=4), name=path.stem)
        # The pages of a report stand beside those of the others here, not in a folder of their own.
        names = {file: f"{path.stem}.html" if file == REPORT else f"{path.stem}-{file}" for file in written}
        foot = (
            f"<footer>\n<p>The committed notebook “{path.stem}”, executed with its defaults. "
            '<a href="index.html">All reports</a> · <a href="../index.html">Documentation</a></p>\n</footer>'
        )
        for file, html in written.items():
            for old, new in names.items():
                html = re.sub(rf'href="{re.escape(old)}(?=["#])', f'href="{new}', html)
            # The files that a footer names do not lie here; that of a brief leads to its report alone.
            html, count = re.subn(
                r"<footer>.*?</footer>",
                lambda found, foot=foot, file=file: found[0] if file == FILE else foot,
                html,
                flags=re.DOTALL,
            )
            if count != 1:
                raise ValueError(f"{file} of {path.name} has {count} footers, one was expected")
            # The one way back to the site at the top of a page that stands on its own.
            made[f"reports/{names[file]}"] = html.replace(
                '<p class="kicker">LPO research kit',
                '<p class="kicker"><a href="../index.html">LPO research kit</a>',
                1,
            )
    return made
