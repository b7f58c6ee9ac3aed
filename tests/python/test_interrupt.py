"""Progress, cancelling, Ctrl-C and forks; what may upset the test session runs in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import patronomy as pt
import pyarrow as pa
import pytest

from frames import ROLES, ipc_bytes, wide_shop

HERE = Path(__file__).parent

#: Enough rows for the parallel path and for more than one look at the clock on any machine.
N_ROWS = 3_000_000


@pytest.fixture(scope="module")
def tx() -> pt.Transactions:
    return pt.Transactions(wide_shop(N_ROWS, text_ids=True), **ROLES)


@pytest.fixture
def small_tx(small: pa.Table) -> pt.Transactions:
    return pt.Transactions(small, **ROLES)


def run(code: str) -> str:
    """The output of a program that may use the helpers beside this file."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        },
        timeout=600,  # a guard against a hang, not a measure
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- progress --------------------------------------------------------------------------------------


def test_progress_is_called_with_fraction_and_stage(tx: pt.Transactions) -> None:
    seen: list[tuple[float, str]] = []
    result = tx.rfm(progress=lambda fraction, stage: seen.append((fraction, stage)))
    assert seen
    fractions = [fraction for fraction, _ in seen]
    assert all(isinstance(f, float) and 0.0 <= f <= 1.0 for f in fractions)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert all(isinstance(stage, str) and stage for _, stage in seen)
    assert ipc_bytes(result) == ipc_bytes(tx.rfm(progress=False))


def test_progress_ends_at_one_for_a_small_job(small_tx: pt.Transactions) -> None:
    seen: list[float] = []
    small_tx.rfm(progress=lambda fraction, stage: seen.append(fraction))
    assert seen
    assert seen[-1] == 1.0


def test_progress_is_called_from_the_calling_thread(tx: pt.Transactions) -> None:
    import threading

    threads: set[int] = set()
    tx.rfm(progress=lambda fraction, stage: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_no_progress_is_silent(
    small_tx: pt.Transactions, capfd: pytest.CaptureFixture[str]
) -> None:
    for progress in (None, False):
        small_tx.rfm(progress=progress)
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")


def test_a_bar_when_asked_for(
    small_tx: pt.Transactions, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tqdm", reason="the bar is tqdm's, an extra")
    result = small_tx.rfm(progress=True)
    assert capfd.readouterr().err
    assert ipc_bytes(result) == ipc_bytes(small_tx.rfm(progress=False))


class Stop(Exception):
    """Raised by a progress callable to end the job."""


@pytest.mark.parametrize("kind", [Stop, KeyboardInterrupt, SystemExit, ValueError])
@pytest.mark.parametrize("size", ["small", "large"])
def test_an_exception_in_progress_cancels_and_comes_out(
    size: str, kind: type[BaseException], tx: pt.Transactions, small_tx: pt.Transactions
) -> None:
    one = tx if size == "large" else small_tx
    raised = kind("enough")
    calls = 0

    def stop(fraction: float, stage: str) -> None:
        nonlocal calls
        calls += 1
        raise raised

    with pytest.raises(kind) as caught:
        one.rfm(progress=stop)
    assert caught.value is raised, "the very exception comes out"
    assert calls == 1, "a cancelled job reports no more"
    # The next job is whole.
    assert len(one.rfm(progress=False)) > 0


def test_a_model_scores_with_progress(tx: pt.Transactions) -> None:
    seen: list[float] = []
    tx.rfm().model.score(tx, progress=lambda fraction, stage: seen.append(fraction))
    assert seen[-1] == 1.0


@pytest.mark.parametrize("progress", ["yes", 3, []])
def test_progress_of_another_kind(small_tx: pt.Transactions, progress: Any) -> None:
    with pytest.raises((TypeError, pt.errors.ParameterError)):
        small_tx.rfm(progress=progress)


# --- Ctrl-C ----------------------------------------------------------------------------------------

INTERRUPT = """
import signal, threading
import patronomy as pt
from frames import ROLES, ipc_bytes, wide_shop

tx = pt.Transactions(wide_shop({rows}, text_ids=True), **ROLES)
expected = ipc_bytes(tx.rfm(progress=False))
started, seen = threading.Event(), []

def ring():
    started.wait()
    signal.raise_signal(signal.SIGINT)

def note(fraction, stage):
    seen.append(fraction)

thread = threading.Thread(target=ring)
thread.start()
interrupted = False
try:
    started.set()
    # The signal comes at any point of some run; none of the runs may swallow it.
    for _ in range(1000):
        tx.rfm(progress={progress})
except KeyboardInterrupt:
    interrupted = True
thread.join()
assert interrupted, "KeyboardInterrupt did not come out"
# The bell is still in order, and so are the jobs.
assert ipc_bytes(tx.rfm(progress=False)) == expected
assert ipc_bytes(tx.rfm(n_jobs=1)) == expected
print("ok")
"""


@pytest.mark.parametrize("progress", ["False", "note"])
def test_ctrl_c_ends_a_long_job(progress: str) -> None:
    assert run(INTERRUPT.format(rows=N_ROWS, progress=progress)).strip() == "ok"


CUT_SHORT = """
import signal, threading
import patronomy as pt
from frames import ROLES, wide_shop

tx = pt.Transactions(wide_shop({rows}, text_ids=True), **ROLES)
begun, done, seen = threading.Event(), threading.Event(), []

def ring():
    begun.wait()
    signal.raise_signal(signal.SIGINT)
    done.set()

def note(fraction, stage):
    # The first report lets the bell ring, and holds the job until it has rung.
    seen.append(fraction)
    begun.set()
    done.wait()

thread = threading.Thread(target=ring)
thread.start()
try:
    tx.rfm(progress=note)
except KeyboardInterrupt:
    pass
else:
    raise AssertionError("KeyboardInterrupt did not come out")
thread.join()
assert len(seen) == 1, seen
assert len(tx.rfm(progress=False)) > 0
print("ok")
"""


SHOP = """
import signal, threading
import patronomy as pt

begun, done, seen = threading.Event(), threading.Event(), []

def ring():
    begun.wait()
    signal.raise_signal(signal.SIGINT)
    done.set()

def note(fraction, stage):
    # The first report lets the bell ring, and holds the job until it has rung.
    seen.append(fraction)
    begun.set()
    done.wait()

thread = threading.Thread(target=ring)
thread.start()
shop = pt.simulate.Shop(40_000, seed=1)
try:
    shop.{job}(progress=note)
except KeyboardInterrupt:
    pass
else:
    raise AssertionError("KeyboardInterrupt did not come out")
thread.join()
assert len(seen) == 1 and seen[0] < 1, seen
print("ok")
"""


@pytest.mark.parametrize("job", ["transactions", "oracle"])
def test_ctrl_c_ends_the_drawing_of_a_shop(job: str) -> None:
    assert run(SHOP.format(job=job)).strip() == "ok"


def test_ctrl_c_at_the_first_report_is_the_last_report() -> None:
    assert run(CUT_SHORT.format(rows=N_ROWS)).strip() == "ok"


def test_ctrl_c_with_another_handler_is_that_handlers_matter() -> None:
    code = """
import signal, threading
import patronomy as pt
from frames import ROLES, wide_shop

heard = []
signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
tx = pt.Transactions(wide_shop(400_000), **ROLES)
thread = threading.Thread(target=signal.raise_signal, args=(signal.SIGINT,))
thread.start()
n = len(tx.rfm(progress=False))
thread.join()
assert heard == [signal.SIGINT] and n > 0, (heard, n)
print("ok")
"""
    assert run(code).strip() == "ok"


# --- threads and forks -----------------------------------------------------------------------------


def test_jobs_from_several_threads_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    one = pt.Transactions(wide_shop(400_000), **ROLES)
    expected = ipc_bytes(one.rfm())
    with ThreadPoolExecutor(4) as pool:
        results = list(
            pool.map(lambda n: ipc_bytes(one.rfm(n_jobs=n)), [1, 2, 7, None])
        )
    assert all(result == expected for result in results)


def test_other_python_threads_run_while_a_job_runs(tx: pt.Transactions) -> None:
    import threading
    import time

    ticks = 0
    over = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.is_set():
            ticks += 1
            time.sleep(0.001)

    expected = len(tx.rfm(progress=False))  # whatever is loaded late is loaded now
    interval = sys.getswitchinterval()
    # Nothing takes the lock from this thread for so long: the other runs only if the job lets go of it.
    sys.setswitchinterval(60)
    other = threading.Thread(target=tick)
    other.start()
    try:
        before = ticks
        n = len(tx.rfm(progress=False))
        during = ticks - before
    finally:
        sys.setswitchinterval(interval)
        over.set()
        other.join()
    assert n == expected
    assert during > 0, "the job held the interpreter's lock"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("rows", [1_000, 400_000])
def test_a_child_after_a_fork_runs_jobs(rows: int) -> None:
    code = f"""
import os, signal
import patronomy as pt
from frames import ROLES, ipc_bytes, wide_shop

tx = pt.Transactions(wide_shop({rows}), **ROLES)
expected = ipc_bytes(tx.rfm())
child = os.fork()
if child == 0:
    # A pool whose threads did not come along would wait for ever.
    signal.alarm(120)
    same = ipc_bytes(tx.rfm()) == expected and ipc_bytes(tx.rfm(n_jobs=2)) == expected
    os._exit(0 if same else 3)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0, status
assert ipc_bytes(tx.rfm()) == expected
print("ok")
"""
    assert run(code).strip() == "ok"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_pool_of_forked_workers() -> None:
    code = """
import multiprocessing as mp
import patronomy as pt
from frames import ROLES, ipc_bytes, wide_shop

tx = pt.Transactions(wide_shop(350_000), **ROLES)

def job(n):
    return ipc_bytes(tx.rfm(n_jobs=n))

if __name__ == "__main__":
    expected = job(2)
    with mp.get_context("fork").Pool(2) as pool:
        assert all(result == expected for result in pool.map(job, [1, 2, None]))
    print("ok")
"""
    assert run(code).strip() == "ok"
