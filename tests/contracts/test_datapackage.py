"""The data package tells the truth about every file below data/.

What `lpo evidence check` tells is tested in tests/unit/evidence/test_audit.py: hashes, headers, links, files that are not described.
"""

import csv
import json
from pathlib import Path

import pytest
from frictionless import Package

from lpo_analysis.evidence import load, table

DATA = Path(__file__).resolve().parents[2] / "data"
DESCRIPTOR = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {resource["path"]: resource for resource in DESCRIPTOR["resources"]}
TYPES = {"string", "integer", "number", "boolean"}

each_resource = pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: resource["name"])


def test_frictionless_validates_the_whole_package():
    report = Package(str(DATA / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "note"])[:20]
    assert report.stats["tasks"] == len(RESOURCES) == len(DESCRIPTOR["resources"])


def test_package_is_described():
    assert DESCRIPTOR["name"] == "lpo-evidence"
    assert all(DESCRIPTOR[key] for key in ("title", "description", "version", "licenses", "contributors"))


@each_resource
def test_resource_is_described(resource):
    assert resource["name"] == Path(resource["path"]).stem
    for key in ("title", "description", "attribution"):
        assert resource[key].strip(), f"no {key}"
    assert resource["licenses"]
    assert all(licence["name"] and licence["title"] and licence["path"] for licence in resource["licenses"])
    assert resource["sources"]
    assert all(source["title"] for source in resource["sources"])


@each_resource
def test_every_field_is_described(resource):
    for field in resource["schema"]["fields"]:
        assert field["type"] in TYPES, field
        assert field["description"].strip(), field
        if field["type"] == "number":
            assert field["unit"].strip(), field


@each_resource
def test_every_table_has_a_key(resource):
    schema = resource["schema"]
    names = [field["name"] for field in schema["fields"]]
    assert set(schema["primaryKey"]) <= set(names)
    assert schema["missingValues"] == [""]


def test_every_vocabulary_named_exists_and_covers_its_column():
    with (DATA / "evidence/vocabulary.csv").open(encoding="utf-8", newline="") as stream:
        codes = {(row["field"], row["code"]) for row in csv.DictReader(stream)}
    for path, resource in RESOURCES.items():
        named = {f["name"]: f["vocabulary"] for f in resource["schema"]["fields"] if "vocabulary" in f}
        with (DATA / path).open(encoding="utf-8", newline="") as stream:
            used = {(named[name], row[name]) for row in csv.DictReader(stream) for name in named}
        assert used <= codes, (path, used - codes)


def test_vcdb_tables_share_alike_and_say_so():
    vcdb = [resource for name, resource in RESOURCES.items() if "vcdb" in name]
    assert len(vcdb) == 3
    for resource in vcdb:
        assert [licence["name"] for licence in resource["licenses"]] == ["CC-BY-SA-4.0"]
        assert "CC BY-SA 4.0" in resource["attribution"]
        assert "carry the same licence" in resource["description"]


def test_line_to_print_is_the_one_of_the_guide():
    guide = (DATA / "tables" / "README.md").read_text(encoding="utf-8")
    for path, resource in RESOURCES.items():
        if path.startswith("tables/") and resource["name"] != "ethics_opinions":
            assert f'"{resource["attribution"]}"' in guide, path
            assert f"{resource['name']}.csv" in guide, path


def test_no_comparison_row_counts_as_a_legal_saving():
    claims, observed = table("savings_claims").set_index("observation_id"), load().observations
    context = observed.index[observed["topic"].eq("context")]
    assert not claims.index[claims["legal"].eq("yes")].isin(context).any()
