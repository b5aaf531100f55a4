"""The ``lpo`` command. Everything heavy is imported inside the commands, so that ``lpo --help`` stays light."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from lpo_analysis.errors import LpoError, NoEvidenceError, ParameterError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from lpo_analysis.evidence.own_check import OwnKind
    from lpo_analysis.reporting.forms import Form
    from lpo_analysis.reporting.progress import Progress

app = typer.Typer(
    help="Reports on the legal process outsourcing market, from sourced evidence.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False,
)  # fmt: skip
evidence_app = typer.Typer(
    help="Look into the evidence base, check it, and bring its counts up to date.", no_args_is_help=True
)
app.add_typer(evidence_app, name="evidence")

Pdf = Annotated[bool, typer.Option("--pdf", help="Set each report as a PDF, too.")]
Xlsx = Annotated[bool, typer.Option("--xlsx", help="Write the tables of each report as a workbook, too.")]
Given = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="KEY=VALUE", help="A parameter; lists with commas. Repeatable."),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder for the reports.")]
Force = Annotated[bool, typer.Option("--force", help="Run although nothing changed.")]


def main() -> None:
    """Run the command; a user's mistake is one message and exit code 2, a question the evidence cannot answer one and exit code 3."""
    try:
        app()
    except NoEvidenceError as refusal:
        _fail("refused", refusal, 3)
    except LpoError as error:
        _fail("error", error, 2)


def _fail(how: str, why: LpoError, code: int) -> NoReturn:
    print(f"{how}: {why}", file=sys.stderr)  # noqa: T201
    raise SystemExit(code)


def _say(text: str = "") -> None:
    print(text)  # noqa: T201


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in given or []:
        key, separator, value = item.partition("=")
        if not separator or not key:
            shown = item if len(item) < 16 else f"{item[:8]}..."
            raise ParameterError(f"-p {shown!r} is not of the form key=value.", remedy="Write -p task=legal_research.")
        if key.strip() in pairs:
            raise ParameterError(f"-p {key.strip()} is given twice.")
        pairs[key.strip()] = value
    return pairs


@app.command()
def report(
    notebook: Annotated[str, typer.Argument(help="Name of a notebook (savings), or a path to one.")],
    param: Given = None,
    output: Output = Path("reports"),
    name: Annotated[str | None, typer.Option(help="Folder of the report; made from the parameters by default.")] = None,
    force: Force = False,
    engine: Annotated[str, typer.Option(help="fresh (default), direct or warm; see the README.")] = "fresh",
    pdf: Pdf = False,
    xlsx: Xlsx = False,
) -> None:
    """Make one report.

    Exit codes: 0, it is there; 1, it failed; 2, a mistake in what was asked; 3, refused, for the evidence bears no answer.
    """
    from lpo_analysis.parameters import notice, parse_text
    from lpo_analysis.reporting import library
    from lpo_analysis.reporting.brief import FILE
    from lpo_analysis.reporting.execution import Settings, check_engine
    from lpo_analysis.reporting.forms import file_of
    from lpo_analysis.reporting.jobs import prepare, slug
    from lpo_analysis.reporting.run import run
    from lpo_analysis.reporting.store import check_writable

    settings = Settings(engine=check_engine(engine), forms=_forms(pdf=pdf, xlsx=xlsx))
    path = library.find(notebook)
    model = library.model(library.read(path), where=path.name)
    if name is not None and (slug(name) != name or not name):
        raise ParameterError(f"--name {name!r} is no folder name.", remedy="Use letters, digits, dash and underscore.")
    job = prepare(path, parse_text(model, _pairs(param)), name=name)
    check_writable(output)
    outcome = run(job, output, settings=settings, force=force)
    if outcome.status == "failed":
        print(f"error: the report failed: {outcome.error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1)
    told = "unchanged" if outcome.status == "cached" else f"made in {outcome.seconds:.1f} s"
    _say(f"{output / job.name / 'report.html'} ({told})")
    if warning := notice(job.parameters):
        _say(warning)
    if (brief := output / job.name / FILE).is_file():
        _say(f"{brief}")
    for form in settings.forms:
        _say(f"{output / job.name / file_of(form)}")
    _headlines(outcome.headlines)


def _forms(*, pdf: bool, xlsx: bool) -> tuple[Form, ...]:
    from lpo_analysis.reporting.forms import check_forms

    return check_forms(name for name, wanted in (("pdf", pdf), ("xlsx", xlsx)) if wanted)


def _headlines(items: list[dict[str, object]]) -> None:
    from lpo_analysis.reporting.notebook import spoken

    for item in items:
        words = spoken(item)
        _say(f"  {item['label']}: {words['big']}" + (f" ({words['span']})" if words["span"] else ""))


@app.command()
def params(notebook: Annotated[str, typer.Argument(help="Name of a notebook, or a path to one.")]) -> None:
    """List the parameters of a notebook, and what the evidence covers."""
    from textwrap import fill

    from lpo_analysis.parameters import describe
    from lpo_analysis.reporting import library

    path = library.find(notebook)
    model = library.model(library.read(path), where=path.name)
    _say(f"Parameters of {path.stem}: name, type, default, meaning, what is allowed\n")
    for row in describe(model).itertuples(index=False):
        _say(f"{row.parameter}  ({row.type}, default {row.default})")
        _say(fill(row.meaning, 100, initial_indent="    ", subsequent_indent="    "))
        if row.allowed:
            _say(fill(f"allowed: {row.allowed}", 100, initial_indent="    ", subsequent_indent="    "))
    covered = model.coverage()
    if covered is not None:
        _say(f"\n{model.coverage_title}:\n")
        _say(covered.replace("", "-").rename_axis(None).to_string())


@app.command()
def batch(
    plan: Annotated[str, typer.Argument(help="Name of a plan (default), or a path to a TOML file.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="How many reports to make at once.")] = 1,
    force: Force = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate and list the reports, make none.")] = False,
    output: Output = Path("reports"),
    engine: Annotated[str | None, typer.Option(help="direct (default), warm or fresh; see the README.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on a Dask cluster, such as tcp://node:8786.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Log one JSON object a line, for machines.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, however many reports there are.")] = False,
    pdf: Pdf = False,
    xlsx: Xlsx = False,
) -> None:
    """Make all reports of a plan, and an index of them.

    Exit codes: 0, all are there or were refused because the evidence bears no answer; 1, one failed; 2, a mistake in what was asked.
    """
    from lpo_analysis.reporting.batch import stoppable

    with stoppable():
        _batch(
            plan,
            jobs=jobs,
            force=force,
            dry_run=dry_run,
            output=output,
            engine=engine,
            scheduler=scheduler,
            json=json,
            yes=yes,
            forms=_forms(pdf=pdf, xlsx=xlsx),
        )


def _batch(
    plan: str, *, jobs: int, force: bool, dry_run: bool, output: Path, engine: str | None, scheduler: str | None, json: bool, yes: bool,
    forms: tuple[Form, ...],
) -> None:  # fmt: skip
    from lpo_analysis.reporting.batch import preload_for, run_batch, slowest_cells
    from lpo_analysis.reporting.engines.client import release, start
    from lpo_analysis.reporting.execution import Settings, check_engine
    from lpo_analysis.reporting.forms import check_forms
    from lpo_analysis.reporting.library import find_plan
    from lpo_analysis.reporting.plans import content_of, notebooks, read_plan, recall, size
    from lpo_analysis.reporting.progress import summary
    from lpo_analysis.wording import SYNTHETIC, count

    if jobs < 1:
        raise ParameterError(f"--jobs must be at least 1, got {jobs}.")
    chosen = None if engine is None else check_engine(engine)
    content = content_of(find_plan(plan))
    _confirm(size(content), yes=yes or dry_run)
    read = None if dry_run else recall(plan, output)
    if read is None:
        asked = chosen or content.get("engine") or "direct"
        if not dry_run and scheduler is None and asked in ("direct", "warm") and size(content) >= BEGIN_EARLY:
            # The server imports the libraries while this process validates the plan.
            start(preload_for(notebooks(content), asked))
        try:
            read = read_plan(plan)
        except LpoError:
            release()
            raise
    if dry_run:
        for job in read.jobs:
            _say(f"{job.name}  {job.notebook.stem}  " + (f"refused: {job.refusal}" if job.refusal else "to run"))
        _say(f"{len(read.jobs)} reports would go to {output / read.name}")
        return
    wanted = check_forms((*read.forms, *forms))
    settings = Settings(engine=chosen or read.engine or "direct", environment=read.environment, forms=wanted)
    with _executor(scheduler) as executor:
        made = run_batch(
            read, output, jobs=jobs, force=force, settings=settings, executor=executor, progress=_progress(json=json), notes=_claims
        )  # fmt: skip
    if not json:
        for cell in slowest_cells(made.outcomes):
            where = f"{cell['notebook']}, cell {cell['cell']}"
            _say(f"  {cell['seconds']:6.2f} s, {cell['share']:.0%} of all cells: {where}: {cell['source']}")
        _say(f"{summary(made.outcomes)} {made.seconds:.1f} s. {made.folder / 'index.html'}")
        # By the mark alone: what tells it in full would import the heavy libraries.
        if marked := sum(any(SYNTHETIC in str(v) for v in outcome.parameters.values()) for outcome in made.outcomes):
            _say(f"{count(marked, 'report')} on {SYNTHETIC}, no finding.")
    if made.failed:
        raise SystemExit(1)


ASK_ABOVE = 1000
"""Reports of one plan above which a confirmation is asked for."""
BEGIN_EARLY = 8
"""Reports of one plan from which the fork server is started before the plan is known to be right."""


def _confirm(number: int, *, yes: bool) -> None:
    if number <= ASK_ABOVE or yes:
        return
    told = f"The plan has {number:,} reports."
    if not sys.stdin.isatty():
        raise ParameterError(told, remedy="Add --yes if that is meant.")
    if not typer.confirm(f"{told} Make them all?"):
        raise SystemExit(1)


@contextmanager
def _executor(address: str | None) -> Iterator[Executor | None]:
    if address is None:
        yield None
        return
    from lpo_analysis.reporting.cluster import connected

    with connected(address) as executor:
        yield executor


def _progress(*, json: bool) -> Progress:
    from lpo_analysis.reporting.progress import Lines, Live, Log

    if json:
        return Log(_say)
    return Live() if sys.stdout.isatty() and sys.stderr.isatty() else Lines(_say)


@app.command()
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN RUN ...", help="Folders of finished reports, or their names below --output."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder in which names are looked for.")] = Path(
        "reports"
    ),
    every: Annotated[
        bool, typer.Option("--all", help="Compare every recorded number, not the headline ones alone.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page there.")] = None,
) -> None:
    """Set finished reports of one kind side by side: what was asked differently, what came out, which inputs differ."""
    from lpo_analysis.errors import OutputError
    from lpo_analysis.reporting.compare import compare as run
    from lpo_analysis.reporting.compare import read_finished

    compared = run(read_finished(runs, output=output), every=every)
    if html is not None:
        try:
            html.write_text(compared.html(), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"--html: cannot write {html.name} ({error.strerror}).") from None
    if csv:
        _say(compared.frame().to_csv(index=False).rstrip("\n"))
    elif html is not None:
        _say(f"{html}")
    else:
        _say(compared.text())


@app.command()
def clean(
    output: Output = Path("reports"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List, remove nothing.")] = False,
) -> None:
    """Remove the reports, indexes and logs the kit made; whatever else lies in the folder stays."""
    from lpo_analysis.reporting.store import clean as run
    from lpo_analysis.wording import count

    removed = run(output, dry_run=dry_run)
    for name in removed if dry_run else ():
        _say(name)
    _say(f"{count(len(removed), 'thing')} {'would be ' if dry_run else ''}removed from {output}")


def _claims() -> list[dict[str, str]]:
    from lpo_analysis.claims import claims, summary

    shown = {"Claim": "claim", "Verdict": "verdict", "Because": "why", "Best grade": "grade", "Shown in": "section"}
    return [{heading: str(row[key]) for heading, key in shown.items()} for row in summary(claims()).to_dict("records")]


@app.command(name="claims")
def show_claims(
    rows: Annotated[bool, typer.Option("--rows", help="List the rows behind each claim.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Show the claims of the field, each supported, contradicted, mixed or not known."""
    from textwrap import fill

    from lpo_analysis.claims import claims, summary
    from lpo_analysis.wording import count

    table = summary(claims())
    if csv:
        _say(table.to_csv(index=False).rstrip("\n"))
        return
    for row in table.itertuples(index=False):
        _say(f"{row.claim}: {row.verdict.upper()}")
        _say(fill(row.why, 100, initial_indent="    ", subsequent_indent="    "))
        behind = f"{count(row.n_rows, 'row')}, {count(row.n_studies, 'study', 'studies')}"
        _say(f"    {behind}, best grade {row.grade}; shown in {row.section}")
        if rows:
            _say(fill(row.rows, 100, initial_indent="    ", subsequent_indent="    "))


@app.command()
def duties(
    jurisdictions: Annotated[list[str], typer.Argument(help="Codes or names, such as US-NY GB-EAW IND.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="outsourcing (default), contract_lawyers, fees_only, generative_ai or practice_of_law. Repeatable, or with commas."),
    ] = None,
    as_of: Annotated[int | None, typer.Option(metavar="YEAR", help="Count the opinions as they stood in a year.")] = None,
    checklist: Annotated[bool, typer.Option("--checklist", help="Print the list to tick and sign.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one cell a row with its citation and year.")] = False,
) -> None:  # fmt: skip
    """Show what the opinions on file ask for in a matter that touches these jurisdictions. Research, not legal advice."""
    from lpo_analysis.reporting.checklist import plain
    from lpo_analysis.risk.checklist import TITLE, subject
    from lpo_analysis.risk.checklist import checklist as make_list
    from lpo_analysis.risk.conflicts import conflicts
    from lpo_analysis.risk.duties_text import duties_text
    from lpo_analysis.risk.ethics import duties as find_duties

    if checklist and csv:
        raise ParameterError("--checklist and --csv exclude each other.")
    scopes = [name for item in scope or ["outsourcing"] for name in item.split(",")]
    found = find_duties(jurisdictions, scopes=scopes, as_of=as_of)
    if csv:
        _say(found.table.drop(columns=["estimate", "std_error", "conf_low", "conf_high", "level"]).to_csv(index=False).rstrip("\n"))  # fmt: skip
    elif checklist:
        made = make_list(found)
        _say(plain(made, title=TITLE, subject=subject(found), note=made.text))
    else:
        _say(duties_text(found, conflicts(found, as_of=as_of)))


OWN = {
    "adoption": ("survey", "margins", "series"),
    "savings": ("quotes", "billing", "billed_providers", "moved", "billing_codes"),
    "risk": ("incidents", "quality", "control_costs"),
    "decision": ("providers", "criteria"),
}
"""Kinds of own files by the report that takes them; each is the name of its template (of codes on bills, of the parameter)."""


@app.command(name="check")
def check_own(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(name for names in OWN.values() for name in names)}.")],
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="Your file; for billing also a folder or a pattern.")] = None,
    param: Given = None,
    example: Annotated[Path | None, typer.Option(metavar="OUT", help="Write there the template with its example or, with FILE, a corrected example of it.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the faults as CSV.")] = False,
) -> None:  # fmt: skip
    """Check a file of your own as the report would that takes it: what was read, or every fault by row and column."""
    from importlib import import_module
    from shutil import get_terminal_size

    from lpo_analysis.errors import NotFoundError, choices
    from lpo_analysis.evidence.own_check import Checked, write_new
    from lpo_analysis.evidence.own_check import check as run
    from lpo_analysis.parameters import notice, parse_text, recorded_file

    room = next((room for room, names in OWN.items() if kind in names), None)
    if room is None:
        raise NotFoundError(
            f"There is no kind of file {kind!r}.", remedy=choices(kind, [n for names in OWN.values() for n in names])
        )
    known = import_module(f"lpo_analysis.{room}.own_data").KINDS[kind]
    if file is None:
        if example is None:
            raise ParameterError(
                "There is no file to check.",
                remedy=f"Name one, or write the template: lpo check {kind} --example OUT.csv",
            )
        write_new(known.template.read_bytes(), example)
        whose = "a copy of that of the kit" if known.table else "the template with its example, which is invented"
        _say(f"{example}: {kind}, {whose}")
        return
    given = parse_text(known.model, _pairs(param))
    found = run(known, file, given)
    width = max(get_terminal_size().columns, 80)
    aside = Checked(known, None, found.told.aside if found.told else ())
    if found.told is None:
        _say(found.table().to_csv(index=False).rstrip("\n") if csv else "\n".join(found.lines(width)))
    else:
        _say(f"No fault. {found.told.text}")
        if found.told.table is not None:
            _say(found.told.table.to_string(index=False))
        if aside.faults:
            _say("\n".join(["The first lines of each reason:", *aside.lines(width)]))
    if example is not None:
        _corrected(known, file, given, example, width=width, err=csv)
    if found.told is None:
        print(f"error: {found.summary}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2)
    if told := notice({kind: recorded_file(kind, file)}):
        _say(told)
    beside = "".join(f" -p {item}" for item in param or [])
    needed = f" -p {known.beside}=FILE" if known.beside and known.beside not in given else ""
    _say(f"Next: lpo report {room} -p {known.parameter}=FILE{needed}{beside}")


def _corrected(known: OwnKind, file: str, given: dict[str, object], out: Path, *, width: int, err: bool) -> None:
    """Write a corrected example of a file at fault, and tell what was changed, on stderr beside a table of faults as CSV."""
    from lpo_analysis.evidence.own_check import in_columns, write_new
    from lpo_analysis.evidence.own_example import SHOWN, corrected

    made = corrected(known, file, given)
    if made is None:
        lines = ["The file by itself has no fault: there is nothing to correct, and no example was written."]
    else:
        write_new(made.text.encode(), out)
        lines = [
            f"{out}: an example, not your data. {made.told} What was changed:",
            *in_columns(made.changes[:SHOWN], width),
        ]
        if len(made.changes) > SHOWN:
            lines.append(f"... and {len(made.changes) - SHOWN} more")
    print("\n".join(lines), file=sys.stderr if err else sys.stdout)


@app.command()
def refresh(
    notebooks: Annotated[
        list[str] | None, typer.Argument(help="Names or paths; all in ./notebooks by default.")
    ] = None,
) -> None:
    """Re-execute notebooks in place with their defaults, and say which numbers moved."""
    from lpo_analysis.reporting import library
    from lpo_analysis.reporting.refresh import refresh as run

    named = [library.find(name) for name in notebooks] if notebooks else sorted(Path("notebooks").glob("*.ipynb"))
    for line in run(named):
        _say(line)


@evidence_app.command()
def find(
    where: Annotated[
        list[str] | None, typer.Argument(metavar="COLUMN=VALUE", help="Filters, such as metric=lpo_hourly_rate.")
    ] = None,
    grades: Annotated[str, typer.Option(help="Grades let in.")] = "A,B",
    forecasts: Annotated[bool, typer.Option(help="Let forecasts in.")] = False,
    context: Annotated[bool, typer.Option(help="Let comparison rows in.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many rows to print.")] = 40,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV with all columns and rows.")] = False,
) -> None:
    """Find observations by any column."""
    from lpo_analysis.evidence import load, select
    from lpo_analysis.evidence.select import DEFAULT_STATUS

    columns = {key: value.split(",") for key, value in _pairs(where).items()}
    status = columns.pop("status", [*DEFAULT_STATUS, *(["forecast"] if forecasts else [])])
    given = columns.pop("grade", [grade.strip() for grade in grades.split(",")])
    found = select(load(), grades=given, status=status, context=context, **columns)  # type: ignore[arg-type]
    if csv:
        _say(found.to_csv().rstrip("\n"))
        return
    shown = found.head(limit).reset_index()
    ends = [shown[end].map("{:g}".format).where(shown[end].notna(), "") for end in ("lower", "upper")]
    value = shown["value"].map("{:g}".format).where(shown["value"].notna(), ends[0] + ".." + ends[1])
    table = shown.assign(figure=value + " " + shown["unit"], year=shown["year_end"])
    kept = ["observation_id", "metric", "category", "figure", "year", "geography", "task", "grade", "publisher"]
    _say(table[kept].to_string(index=False, justify="left"))
    _say(f"{len(found)} observations")
    if len(found) > limit:
        _say(f"{len(found) - limit} more; --limit or --csv shows them.")


@evidence_app.command()
def show(
    names: Annotated[list[str], typer.Argument(help="Identifiers of observations or sources.")],
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Cite as BibTeX.")] = False,
) -> None:
    """Show observations in full, with their citation."""
    from lpo_analysis.evidence import cite, load

    evidence = load()
    for name in names:
        citation = cite(evidence, name, style="bibtex" if bibtex else "text")
        if name in evidence.observations.index and not bibtex:
            row = evidence.observations.loc[name]
            _say(name)
            for column in ("metric", "category", "value", "lower", "upper", "unit", "year_start", "year_end", "status", "geography",
                           "buyer", "buyer_size", "task", "provider", "role", "grade", "note"):  # fmt: skip
                value = row[column]
                if value == value and str(value) != "":
                    _say(f"  {column}: {value:g}" if isinstance(value, float) else f"  {column}: {value}")
            _say(f"  means: {evidence.metrics.at[row['metric'], 'definition']}")
        _say(f"  {citation}" if not bibtex else citation)


@evidence_app.command()
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A data folder, or one with the five files of the evidence alone; the shipped data by default."
        ),
    ] = None,
) -> None:
    """Check the evidence, its tables and their hashes: all faults at once, each with file, row, column and value."""
    from lpo_analysis import paths
    from lpo_analysis.errors import DataError
    from lpo_analysis.evidence.audit import PACKAGE, audit
    from lpo_analysis.evidence.load import FILES, load, read

    where = folder or paths.DATA
    whole = folder is None or (where / PACKAGE).is_file()
    frames, faults = audit(where) if whole else read(where)
    if faults:
        raise DataError(faults, remedy="Mend the rows, then run `lpo evidence check` again.")
    beside = f" and {len(frames) - len(FILES)} tables beside it" if whole else ""
    _say(f"{load(where / 'evidence' if whole else where)!r}{beside}: all checks passed")


@evidence_app.command()
def seal() -> None:
    """Check the data; where nothing is wrong, recount metrics.csv, categories.csv and their README, and refresh the hashes."""
    from lpo_analysis.evidence.seal import seal as run

    changed = run()
    _say(
        f"brought up to date: {', '.join(changed)}"
        if changed
        else "nothing to do: all counts and hashes are up to date"
    )


if __name__ == "__main__":
    main()
