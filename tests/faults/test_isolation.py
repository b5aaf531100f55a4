"""A notebook is a process of its own: no other sees what it does, and what it started ends with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial

import psutil
import pytest

from lpo_analysis.reporting.engines import client, wire

PATIENCE = 60
CHANGES = """
import builtins, locale, os, random, sys, warnings
import matplotlib as mpl, matplotlib.pyplot as plt, numpy as np, pandas as pd
import lpo_analysis.wording as kit

secret = 1
builtins.leaked = 1
os.environ["LEAKED"] = "1"
os.environ["HOME"] = "/elsewhere"
os.chdir("/")
os.umask(0)
sys.path.insert(0, "/elsewhere")
sys.argv.append("leaked")
mpl.rcParams["lines.linewidth"] = 77
plt.figure("leaked")
np.set_printoptions(precision=1)
np.random.seed(0), random.seed(0)
pd.set_option("display.max_rows", 7)
pd.DataFrame.leaked = 1
kit.leaked = 1
warnings.simplefilter("error")
signal_before = __import__("signal").signal(15, lambda *_: None)
"""
STATE = """
import builtins, os, random, signal, sys, warnings
import matplotlib as mpl, matplotlib.pyplot as plt, numpy as np, pandas as pd
import lpo_analysis.wording as kit

umask = os.umask(0)
os.umask(umask)
print([
    "secret" in globals(), hasattr(builtins, "leaked"), os.environ.get("LEAKED"), os.environ.get("HOME"), os.getcwd(), umask,
    "/elsewhere" in sys.path, sys.argv, mpl.rcParams["lines.linewidth"], plt.get_figlabels(), np.get_printoptions()["precision"],
    pd.get_option("display.max_rows"), hasattr(pd.DataFrame, "leaked"), hasattr(kit, "leaked"),
    [f[0] for f in warnings.filters], signal.getsignal(15),
])
"""


PRELOADS = {
    "interactive": client.Preload(),
    "batch": client.Preload(("lpo_analysis.reporting.notebook", "lpo_analysis.wording"), shell=True),
}


@pytest.fixture(params=PRELOADS)
def begin(request: pytest.FixtureRequest, shared, shell) -> Callable:
    """Begin a notebook as papermill does, and as a batch does."""
    return partial(shell, PRELOADS[request.param])


def test_what_a_notebook_changes_is_its_own(begin):
    with begin() as fresh:
        state = fresh.run(STATE)
    with begin() as one, begin() as beside:
        one.run(CHANGES)
        assert one.run(STATE) != state, "the changes did nothing, so this test shows nothing"
        assert beside.run(STATE) == state, "seen by one that ran at the same time"
        with begin() as later:
            assert later.run(STATE) == state, "seen by one that began after"
    with begin() as afterwards:
        assert afterwards.run(STATE) == state, "seen by one that began after its end"


def test_a_notebook_may_import_any_module_of_the_kit(begin):
    with begin() as fresh:
        assert fresh.run("import lpo_analysis.reporting.engines.wire as w; print(w.__name__)").endswith(".wire")


def test_notebooks_draw_other_random_numbers_unless_they_seed(begin):
    draw = "import random, numpy as np; print(random.random(), np.random.random(), np.random.default_rng().random())"
    drawn = []
    for _ in range(3):
        with begin() as fresh:
            drawn += fresh.run(draw).split()
    assert len(set(drawn)) == 9


SHELLS_OWN = {"CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "GIT_PAGER", "MPLBACKEND", "PAGER", "TERM"}
"""What IPython sets for the programs that a cell starts."""


def test_a_notebook_sees_the_environment_it_was_given_and_nothing_else(begin, tmp_path):
    given = {"ONE": "1", "PATH": os.environ["PATH"]}
    look = """
import os, subprocess
print(*os.environ)
print(*(line.split("=")[0] for line in subprocess.run(["env"], capture_output=True, text=True).stdout.split()))
print(os.getcwd())
"""
    with begin(env=given, cwd=str(tmp_path)) as fresh:
        ours, programs, folder = fresh.run(look).splitlines()
    assert set(ours.split()) - SHELLS_OWN == set(programs.split()) - SHELLS_OWN == set(given)
    assert folder == str(tmp_path)


def test_not_even_the_process_table_shows_the_secrets_of_who_started_a_notebook(runtime, shell, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    with shell() as fresh:
        server = psutil.Process(fresh.server)
        for process in (psutil.Process(fresh.child.pid), server, server.parent()):
            assert "s3cret" not in process.environ().values()


def test_a_program_that_a_notebook_starts_does_not_hold_its_socket(shared, shell):
    look = "import os; print(any(os.get_inheritable(int(fd)) for fd in os.listdir('/dev/fd') if int(fd) > 2 and os.path.exists(f'/dev/fd/{fd}')))"
    with shell() as fresh:
        assert fresh.run(look) == "False"


@pytest.mark.parametrize("end", ["closed", "killed", "crashed", "exited"])
def test_what_a_notebook_started_ends_with_it_while_others_run_on(shared, shell, until, leaving, n_left, end):
    with shell() as other, shell() as ours:
        ours.run(leaving)
        until(lambda: len(shared.processes("sleep")) == n_left, "the notebook's programs did not start")
        if end == "closed":
            ours.close()
        elif end == "exited":
            wire.send(ours.connection, {"source": "import os; os._exit(3)"})
        else:
            os.kill(ours.child.pid, signal.SIGKILL if end == "killed" else signal.SIGSEGV)
        until(lambda: not shared.processes("sleep"), "what the notebook started outlives it")
        expected = {"killed": -signal.SIGKILL, "crashed": -signal.SIGSEGV, "exited": 3, "closed": -signal.SIGKILL}
        assert ours.child.poll(PATIENCE) == expected[end]
        assert not ours.child.lost
        assert other.run("print('undisturbed')") == "undisturbed"


def test_what_a_running_notebook_left_to_itself_lives_on_when_another_ends(shared, shell, until, leaving, n_left):
    with shell() as ours:
        ours.run(leaving)
        for _ in range(2):
            with shell() as other:
                other.run("print(1)")
            until(
                lambda: len(shared.processes("sleep")) == n_left,
                "a daemon of a running notebook was taken for an orphan",
                10,
            )
    until(lambda: not shared.processes("sleep"))


def test_a_stop_ends_every_notebook_of_the_batch_and_of_no_other_and_tells_who_waits(shared, shell, slim):
    with shell(batch="a") as one, shell(batch="a") as two, shell(batch="b") as other, shell() as alone:
        client.stop("a")
        for ours in (one, two):
            assert ours.child.poll(PATIENCE) == -signal.SIGKILL
            assert not ours.child.lost
            with pytest.raises(wire.Closed):
                wire.receive(ours.connection)
        for ours in (other, alone):
            assert ours.run("print(1)") == "1"
    # A thread may be about to launch one just then, or at any time later.
    late, connection = client.launch("direct", preload=slim, batch="a")
    with connection:
        assert late.poll(PATIENCE) == -signal.SIGKILL
    late.close()
