"""The fork server: whoever is killed, nothing it started stays behind, and the next launch finds or starts another."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from lpo_analysis.errors import NotebookError
from lpo_analysis.reporting.engines import client, wire
from lpo_analysis.reporting.execution import Settings, execute
from lpo_analysis.reporting.jobs import prepare

PATIENCE = 60


def _python(script: str, **options: object) -> subprocess.Popen[str]:
    """Another client process."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def _said(process: subprocess.Popen[str], told: str = "") -> str:
    out, err = process.communicate(told, timeout=3 * PATIENCE)
    assert process.returncode == 0, err
    return out


# Its end


def test_a_server_ends_with_its_last_client_and_leaves_nothing(runtime, slim, shell, is_alive):
    other = _python(f"""
        import sys
        from lpo_analysis.reporting.engines import client, wire

        child, connection = client.launch("direct", preload=client.{slim!r})
        wire.receive(connection)
        wire.send(connection, {{"source": "import os; print(os.getppid())"}})
        print(wire.receive(connection)["content"]["text"], flush=True)
        connection.close(), child.close()
        sys.stdin.readline()
        client.release()
    """)
    assert other.stdout is not None
    server = int(other.stdout.readline())
    with shell() as ours:
        assert ours.server == server, "two clients of one environment share no server"
        client.release()
        assert ours.run("print(1)") == "1", "the server ended under a child"
    assert is_alive(server), "the server ended before its last client"
    _said(other, "\n")
    runtime.assert_empty()


def test_another_environment_gets_another_server_and_the_old_one_ends(runtime, shell, until, is_alive, monkeypatch):
    with shell() as one, shell() as two:
        assert one.server == two.server
    monkeypatch.setenv("LC_ALL", "en_AU.UTF-8")
    with shell() as three:
        assert three.server != one.server
        until(lambda: not is_alive(one.server), "the server of the old environment still runs")
        assert len(list(client.folder().iterdir())) == 1


@pytest.mark.parametrize("moment", [pytest.param("start", marks=pytest.mark.slow), "run"])
def test_a_client_that_is_killed_takes_server_and_children_with_it(runtime, slim, until, moment):
    with _python(f"""
        from lpo_analysis.reporting.engines import client, wire

        child, connection = client.launch("direct", preload=client.{client.Preload() if moment == "start" else slim!r})
        wire.receive(connection)
        wire.send(connection, {{"source": "print(1, flush=True); import time; time.sleep(1000)"}})
        print(wire.receive(connection), flush=True)
        wire.receive(connection)
    """) as process:
        if moment == "run":
            process.stdout.readline()
        else:
            # It imports for a while before it listens; so this is in the middle of its start.
            until(lambda: len(runtime.processes()) >= 3, "no server was started")
        process.kill()
    runtime.assert_empty()


def test_a_fork_of_the_client_does_not_keep_server_and_children_alive(runtime, shell, until, is_alive):
    with shell() as ours:
        pid = os.fork()
        if pid == 0:
            time.sleep(1000)
            os._exit(0)
        try:
            ours.close()
            until(lambda: not is_alive(ours.child.pid), "the child outlives who launched it")
            client.release()
            until(lambda: {process.pid for process in runtime.processes()} <= {pid}, "the server outlives its clients")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


@pytest.mark.parametrize("victim", ["server", "keeper"])
def test_a_server_that_is_killed_leaves_nothing_and_is_replaced(
    runtime, shell, until, is_alive, leaving, n_left, victim
):
    with shell() as ours:
        ours.run(leaving)
        until(lambda: len(runtime.processes("sleep")) == n_left, "the notebook's programs did not start")
        server = psutil.Process(ours.server)
        (server if victim == "server" else server.parent()).kill()
        assert ours.child.poll(PATIENCE) == -signal.SIGKILL
        assert ours.child.lost, "the notebook is blamed for the end of the server"
        until(lambda: not runtime.processes("sleep"), "what the notebook started outlives it")
    until(lambda: not is_alive(server), "the server outlives its keeper")
    dead = client.folder() / "dead"
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(dead))
    with shell() as ours:
        assert ours.server != server.pid
        assert not dead.exists(), "the socket of a dead server was not swept"
    client.release()
    runtime.assert_empty()


@pytest.mark.slow
def test_a_server_whose_socket_somebody_removed_is_replaced_and_does_not_stay(runtime, shell):
    with shell() as one:
        shutil.rmtree(client.folder())
        with shell() as two:
            assert one.server != two.server
            assert one.run("print(1)") == two.run("print(1)") == "1"
    client.release()
    runtime.assert_empty()


def test_many_threads_at_once_start_one_server_and_get_a_child_each(runtime, shell):
    found: list[tuple[int, int]] = []

    def work() -> None:
        with shell() as ours:
            found.append((ours.child.pid, ours.server))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    children, servers = zip(*found, strict=True)
    assert len(set(children)) == 8
    assert len(set(servers)) == 1


@pytest.mark.slow
def test_clients_that_come_and_go_at_once_never_fail_for_want_of_a_server(runtime, slim):
    """Each is the last now and then, and removes the folder that another is about to use."""
    running = [
        _python(f"""
            from lpo_analysis.reporting.engines import client, wire

            for _ in range(15):
                child, connection = client.launch("direct", preload=client.{slim!r})
                wire.receive(connection)
                connection.close(), child.close()
                client.release()
        """)
        for _ in range(3)
    ]
    for process in running:
        _said(process)
    runtime.assert_empty()


# Strangers, garbage, and what the system refuses


def test_a_server_of_another_user_is_refused(runtime, shell, monkeypatch, slim):
    with shell():
        monkeypatch.setattr(wire, "peer_uid", lambda connection: os.getuid() + 1)
        with pytest.raises(client.EngineError, match="Somebody else serves"):
            client.launch("direct", preload=slim)


def test_a_client_of_another_user_is_refused(runtime, slim, monkeypatch):
    boot = client._BOOT.replace("server.main(", "server.wire.peer_uid = lambda connection: -1\nserver.main(")
    monkeypatch.setattr(client, "_BOOT", boot)
    with pytest.raises(client.EngineError, match="does not answer"):
        client.launch("direct", preload=slim)


def test_nothing_is_launched_where_the_folder_of_sockets_is_open_to_others(runtime, slim):
    client.folder().chmod(0o755)
    with pytest.raises(client.EngineError, match="open to others"):
        client.launch("direct", preload=slim)
    assert runtime.processes() == []


GARBAGE = [
    b"", b"\0", b"\xff" * 100, b"\0\0\0\x02[]", b"\0\0\0\x02{}", b"\0\0\0\x03abc", b'\0\0\0\x0f{"do":"launch"}',
    b'\0\0\0\x0f{"do":"signal"}',
]  # fmt: skip


def test_a_server_survives_garbage(runtime, shell):
    with shell() as ours:
        path = next(client.folder().iterdir())
        for raw in GARBAGE:
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.connect(str(path))
                stranger.sendall(raw)
                stranger.settimeout(0.1)
                with contextlib.suppress(OSError):
                    stranger.recv(100)
            assert ours.run("print(1)") == "1"
        with shell() as other:
            assert other.server == ours.server


def test_a_server_that_cannot_fork_says_so_and_serves_on(runtime, slim, shell, monkeypatch):
    broken = """
real, calls = server.os.fork, []
def fork():
    calls.append(1)
    if len(calls) == 2:  # the first is the server itself
        raise OSError(11, "Resource temporarily unavailable")
    return real()
server.os.fork = fork
server.main("""
    monkeypatch.setattr(client, "_BOOT", client._BOOT.replace("server.main(", broken.strip()))
    with pytest.raises(client.EngineError, match=r"cannot fork \(Resource temporarily unavailable\)"):
        client.launch("direct", preload=slim)
    with shell() as ours:
        assert ours.run("print(1)") == "1"


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(runtime, monkeypatch, tmp_path, slim):
    monkeypatch.setattr(client, "_BOOT", "raise RuntimeError('the reason')")
    with pytest.raises(client.EngineError, match=r"(?s)could not start .*the reason"):
        client.launch("direct", preload=slim)
    monkeypatch.undo()
    (tmp_path / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    )
    threaded = client.Preload(("threaded",), path=(str(tmp_path),), libraries=("json",))
    with pytest.raises(client.EngineError, match="started a thread"):
        client.launch("direct", preload=threaded)
    runtime.assert_empty()


def test_a_batch_whose_notebooks_import_nothing_known_preloads_nothing(runtime, shell):
    loaded = "import sys; print([name for name in ('pandas', 'seaborn', 'statsmodels') if name in sys.modules])"
    with shell(client.Preload(libraries=())) as none:
        assert none.run(loaded) == "[]"


@pytest.mark.parametrize("engine", ["direct", "warm"])
def test_a_process_that_dies_while_it_starts_is_told_with_its_notebook(runtime, monkeypatch, tmp_path, engine):
    (tmp_path / "dies.py").write_text(
        "import os\nos.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), 9))\n"
    )
    tagged = nbformat.v4.new_code_cell("n = 1", metadata={"tags": ["parameters"]})
    book = nbformat.v4.new_notebook(cells=[tagged])
    nbformat.write(book, tmp_path / "book.ipynb")
    job = prepare(tmp_path / "book.ipynb", {}, name="book")
    preload = client.Preload(("dies",), path=(str(tmp_path),), libraries=("json",))
    with pytest.raises(NotebookError, match=r"^book\.ipynb.*killed by SIGKILL"):
        execute(job, Settings(engine=engine, preload=preload))
    client.release()
    runtime.assert_empty()


def test_a_server_that_is_killed_while_it_starts_is_started_again(runtime, shell, monkeypatch, tmp_path):
    once = f"""
import os, pathlib
mark = pathlib.Path({str(tmp_path / "mark")!r})
if not mark.exists():
    mark.touch()
    server._serve = lambda *_: os.kill(os.getpid(), 9)
server.main("""
    monkeypatch.setattr(client, "_BOOT", client._BOOT.replace("server.main(", once.strip()))
    with shell() as ours:
        assert ours.run("print(1)") == "1"
    assert (tmp_path / "mark").exists()


def test_a_client_that_may_open_no_more_files_is_told_so(runtime, monkeypatch, slim):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(client.subprocess, "Popen", refuse)
    with pytest.raises(client.EngineError, match=r"could not start .*Too many open files"):
        client.launch("direct", preload=slim)


# Whose source it runs


def _copied(checkout: Path, where: Path) -> dict[str, str]:
    """Another version of the kit, before the one that is installed; returns the environment of its users."""
    shutil.copytree(checkout / "lpo_analysis", where / "lpo_analysis", ignore=shutil.ignore_patterns("__pycache__"))
    return {**os.environ, "PYTHONPATH": str(where)}


def test_a_server_runs_the_source_of_its_client_not_another_that_is_installed(runtime, slim, checkout, tmp_path):
    """A report made by one version must not name the other as its source."""
    said = _said(
        _python("""
        from lpo_analysis.reporting.engines import client, wire

        source = "import lpo_analysis.wording as w, lpo_analysis.reporting.engines.shell as s; print(w.__file__, s.__file__)"
        for modules in ((), ("lpo_analysis.wording",)):
            preload = client.Preload(modules, libraries=("json",))
            child, connection = client.launch("direct", preload=preload)
            wire.receive(connection)
            wire.send(connection, {"source": source})
            print(wire.receive(connection)["content"]["text"])
            connection.close(), child.close()
        client.release()
        """, env=_copied(checkout, tmp_path), cwd="/")
    ).split()  # fmt: skip
    assert len(said) == 4
    assert [Path(file).relative_to(tmp_path) for file in said]


def test_an_edit_of_the_kit_counts_at_the_next_launch_of_the_same_server(runtime, slim, checkout, tmp_path):
    """``papermill --engine direct`` in a client that lives on: nothing is restarted."""
    module = tmp_path / "lpo_analysis" / "edited.py"
    said = _said(
        _python(f"""
        from pathlib import Path

        import nbformat
        import papermill

        from lpo_analysis.reporting.engines import client
        from lpo_analysis.reporting.engines.options import Options

        options = Options(client.{slim!r})
        cell = nbformat.v4.new_code_cell("import os, lpo_analysis.edited as e; print(e.VALUE, os.getppid(), sep='|')")
        book = nbformat.v4.new_notebook(cells=[cell])
        book.metadata["kernelspec"] = {{"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(book, "book.ipynb")
        for value in ("first", "second", "and third"):
            Path({str(module)!r}).write_text(f"VALUE = {{value!r}}\\n")
            done = papermill.execute_notebook("book.ipynb", None, engine_name="direct", progress_bar=False, options=options)
            print(done.cells[0].outputs[0].text.strip())
        """, env=_copied(checkout, tmp_path), cwd=tmp_path)
    )  # fmt: skip
    values, servers = zip(*(line.split("|") for line in said.splitlines()), strict=True)
    assert values == ("first", "second", "and third")
    assert len(set(servers)) == 1, "the server was restarted"
    runtime.assert_empty()
