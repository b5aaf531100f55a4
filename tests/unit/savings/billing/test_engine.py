"""The database reads what it is told to and nothing else, downloads nothing, and says nothing that quotes data."""

from __future__ import annotations

import duckdb
import pytest

from lpo_analysis.errors import DataError
from lpo_analysis.savings.billing.engine import opened


def test_no_extension_can_be_fetched_or_loaded(tmp_path):
    with opened(threads=1) as engine:
        engine.lock([])
        for setting in (
            "autoinstall_known_extensions",
            "autoload_known_extensions",
            "allow_community_extensions",
            "enable_external_access",
        ):
            assert str(engine.rows(f"SELECT current_setting('{setting}')")[0][0]).lower() == "false", setting
        before = engine.rows("SELECT extension_name FROM duckdb_extensions() WHERE loaded ORDER BY 1")
        for refused in (
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET autoload_known_extensions = true",
            "SELECT * FROM 'https://example.org/x.csv'",
            "SELECT * FROM 'x.xlsx'",
        ):
            assert not engine.attempt(refused), refused
        assert engine.rows("SELECT extension_name FROM duckdb_extensions() WHERE loaded ORDER BY 1") == before
        assert (
            engine.rows(
                "SELECT count(*) FROM duckdb_extensions() WHERE install_mode NOT IN ('STATICALLY_LINKED') AND installed"
            )[0][0]
            == 0
        )
        assert not (engine.folder / "extensions").exists() or not any(
            (engine.folder / "extensions").rglob("*.duckdb_extension*")
        )


def test_only_named_files_are_read_and_none_is_written(tmp_path):
    named, other = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (named, other):
        path.write_text("x\n1\n")
    with opened(threads=1) as engine:
        engine.lock([named])
        assert engine.attempt(f"SELECT * FROM read_csv('{named}')")
        assert not engine.attempt(f"SELECT * FROM read_csv('{other}')")
        assert not engine.attempt(f"COPY (SELECT 1) TO '{tmp_path / 'c.csv'}'")
        assert not engine.attempt(f"ATTACH '{tmp_path / 'd.db'}'")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_what_the_database_says_is_not_passed_on():
    with opened(threads=1) as engine:
        with pytest.raises(duckdb.Error, match="topsecret"):
            engine._connection.execute("SELECT CAST('topsecret' AS INTEGER)")
        with pytest.raises(DataError) as caught:
            engine.run("SELECT CAST('topsecret' AS INTEGER)")
        error = caught.value
        assert "topsecret" not in str(error)
        assert error.__context__ is None
        assert error.__cause__ is None


def test_the_private_folder_is_private_and_goes_away():
    with opened(threads=1) as engine:
        folder = engine.folder
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "x").write_text("x")
    assert not folder.exists()

    def fail():
        with opened(threads=1) as engine:
            folders.append(engine.folder)
            raise RuntimeError

    folders = []
    with pytest.raises(RuntimeError):
        fail()
    assert not folders[0].exists()
