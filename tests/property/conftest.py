"""A small evidence folder with counts of its own, cheap to break again and again."""

import csv

import pytest

from lpo_analysis import paths

METRICS = ("lpo_hourly_rate", "offshore_cost_percent")


def read(stem):
    with (paths.EVIDENCE / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(folder, stem, rows):
    with (folder / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    observations = [row for row in read("observations") if row["metric"] in METRICS]
    used = {row["source_id"] for row in observations}
    write(folder, "observations", observations)
    write(folder, "sources", [row for row in read("sources") if row["source_id"] in used])
    write(folder, "vocabulary", read("vocabulary"))
    for stem in ("metrics", "categories"):
        write(folder, stem, [row for row in read(stem) if row["metric"] in METRICS])
    return folder
