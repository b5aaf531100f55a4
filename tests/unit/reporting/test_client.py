"""Where sockets are, which server fits, and what notebooks see of the environment: what a client decides before any server runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_analysis.reporting.engines import client


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of sockets of this test's own, its path as short as sockets need it."""
    folder = Path(tempfile.mkdtemp(prefix="lpo-", dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    shutil.rmtree(folder)


# The folder of the sockets


def test_the_folder_of_sockets_can_be_entered_by_its_owner_only(runtime):
    before = os.umask(0)
    try:
        made = client.folder()
    finally:
        os.umask(before)
    assert made.parent == runtime
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert client.folder() == made


@pytest.mark.parametrize("mode", [0o740, 0o704, 0o750, 0o711, 0o770, 0o777])
def test_a_folder_of_sockets_open_to_others_is_refused(runtime, mode):
    client.folder().chmod(mode)
    with pytest.raises(client.EngineError, match="open to others or not ours"):
        client.folder()


def test_a_folder_of_sockets_that_is_a_link_is_refused(runtime, tmp_path):
    tmp_path.chmod(0o700)
    (runtime / f"lpo-{os.getuid()}").symlink_to(tmp_path)
    with pytest.raises(client.EngineError, match="open to others or not ours"):
        client.folder()


def test_a_folder_of_sockets_that_is_a_file_is_refused(runtime):
    path = runtime / f"lpo-{os.getuid()}"
    path.touch(mode=0o600)
    with pytest.raises(client.EngineError, match="open to others or not ours"):
        client.folder()


def test_a_folder_of_sockets_of_somebody_else_is_refused(runtime, monkeypatch):
    somebody = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: somebody)
    with pytest.raises(client.EngineError, match="open to others or not ours"):
        client.folder()


def test_a_folder_of_sockets_that_another_client_has_just_removed_is_made_anew(runtime):
    """The last client of a server removes it, when the next has just looked it up."""
    where = client.folder()
    where.rmdir()
    with client._alone(where):
        assert where.is_dir()


@pytest.mark.parametrize("base", ["relative", "/no/such/folder", "/tmp/{long}", "/tmp/{wide}"])
def test_a_runtime_folder_that_cannot_hold_a_socket_is_passed_over(monkeypatch, tmp_path, base):
    """A Unix socket's path has an upper length in bytes, which a letter beyond ASCII has more than one of."""
    monkeypatch.chdir(tmp_path)
    where = Path(base.format(long="x" * 70, wide="é" * 35))
    made = not str(where).startswith("/no")
    if made:
        where.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(where))
    found = client.folder()
    try:
        assert found.parent == Path("/tmp")
        assert len(os.fsencode(found / ("k" * 18))) <= 103
    finally:
        if made:
            shutil.rmtree(where)
        # Unless somebody's server is there.
        with contextlib.suppress(OSError):
            found.rmdir()


# The environment


SECRETS = [
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "DATABASE_URL", "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY", "HF_TOKEN", "AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS", "PGPASSWORD", "SSH_AUTH_SOCK",
    "PIP_INDEX_URL", "UV_INDEX_URL", "KUBECONFIG", "NPM_TOKEN", "SLACK_TOKEN", "DOCKER_AUTH_CONFIG", "SMTP_PASSWORD",
    "JUPYTER_TOKEN", "JUPYTERHUB_API_TOKEN", "VAULT_TOKEN", "NETRC",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_kept_from_notebooks_unless_it_is_named(name):
    source = {name: "s3cret", "HOME": "/home/x", "LPO_DATA": "/data", "LC_ALL": "C.UTF-8"}
    shown = client.environment(source=source)
    assert name not in shown
    assert shown.items() >= {"HOME": "/home/x", "LPO_DATA": "/data", "LC_ALL": "C.UTF-8"}.items()
    assert client.environment((name,), source=source)[name] == "s3cret"


@given(st.dictionaries(st.text(min_size=1), st.text()), st.lists(st.text(min_size=1)))
def test_notebooks_see_nothing_that_is_neither_known_nor_named(source, extra):
    shown = client.environment(tuple(extra), source=source)
    known = {*client.KEPT, *client.THREADS, *extra}
    assert not [name for name in shown if name not in known and not name.startswith(client.KEPT_PREFIXES)]
    assert shown.items() >= client.THREADS.items()


def test_a_folder_of_pictures_that_comes_from_outside_is_not_handed_on():
    assert "LPO_SHARED" not in client.environment(("LPO_SHARED",), source={"LPO_SHARED": "/elsewhere"})


# Which server


def test_whatever_a_server_depends_on_gives_it_another_name(monkeypatch, tmp_path):
    packages = tmp_path / "site-packages"
    (packages / "x-1.0.dist-info").mkdir(parents=True)
    names = [client._key(client.Preload())]

    def note() -> None:
        names.append(client._key(client.Preload()))

    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    note()
    monkeypatch.setenv("LC_ALL", "en_AU.UTF-8")
    note()
    monkeypatch.setattr(sys, "path", [*sys.path, str(packages)])
    note()
    (packages / "y-1.0.dist-info").mkdir()
    note()
    (packages / "y-1.0.dist-info").rename(packages / "y-1.1.dist-info")
    note()
    monkeypatch.setattr(sys, "executable", "/another/python")
    note()
    monkeypatch.setattr(client, "_ROOT", "/another/checkout")
    note()
    monkeypatch.setattr(client, "_engine_source", lambda: "edited")
    note()
    for preload in (client.Preload(("a",)), client.Preload(("a",), ("a:A",)), client.Preload(("a",), (), "token")):
        names.append(client._key(preload))
    assert len(set(names)) == len(names)


def test_what_concerns_the_child_alone_does_not_give_another_server(monkeypatch):
    name = client._key(client.Preload())
    for variable in ("PYTHONPATH", "TZ", "GITHUB_TOKEN", "ANYTHING"):
        monkeypatch.setenv(variable, "x")
    assert client._key(client.Preload()) == name
