"""The wheel carries data, notebooks and plans: it works without the checkout, from an empty folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", str(folder / "site"), str(wheel)], check=True, capture_output=True
    )
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for wanted in (
        "data/datapackage.json",
        "data/evidence/observations.csv",
        "notebooks/savings.ipynb",
        "reports/plans/default.toml",
    ):
        assert f"lpo_analysis/bundle/{wanted}" in names
    assert "lpo_analysis/py.typed" in names, "type checkers and completion ask for it"
    return folder / "site"


def test_a_report_is_made_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    where = subprocess.run(
        [sys.executable, "-c", "import lpo_analysis; print(lpo_analysis.__file__)"],
        cwd=tmp_path, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert str(installed) in where.stdout, "the checkout must not be used"
    done = subprocess.run(
        [sys.executable, "-m", "lpo_analysis.cli", "report", "savings", "-p", "draws=256", "--name", "first"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reports" / "first" / "report.html").is_file()
    assert [p.name for p in tmp_path.iterdir()] == ["reports"]
