"""When a running job shows a bar, and how.

The core calls back about every 100 ms; nothing here runs more often than that.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias

from patronomy._arguments import optional_number, optional_whole_number, shown

Progress: TypeAlias = bool | Callable[[float, str], object] | None
CoreProgress: TypeAlias = Callable[[int, int, str], None]

# A bar that flashes up for a moment disturbs more than it tells.
SILENT_SECONDS = 2.0


class _Reporter(Protocol):
    def __call__(self, done: int, total: int, stage: str) -> None: ...
    def close(self) -> None: ...


def is_notebook() -> bool:
    """Return whether this is a Jupyter kernel, without importing IPython."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


def is_interactive() -> bool:
    """Return whether somebody is likely to be watching: a notebook or a terminal."""
    if is_notebook():
        return True
    # stderr is where the bar goes; it is None under pythonw.
    return sys.stderr is not None and sys.stderr.isatty()


class _Bar:
    """A tqdm bar that appears only once its job has run for `wait` seconds."""

    def __init__(self, wait: float) -> None:
        self._show_at = time.monotonic() + wait
        self._bar: Any = None

    def __call__(self, done: int, total: int, stage: str) -> None:
        if self._bar is None:
            if time.monotonic() < self._show_at:
                return
            self._bar = _new_bar()
        self._bar.total = max(total, 1)
        self._bar.n = min(done, self._bar.total)
        self._bar.set_description_str(stage, refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Fraction:
    """The caller's own function, given a fraction in [0, 1] and the stage."""

    def __init__(self, function: Callable[[float, str], object]) -> None:
        self._function = function
        self._reached = 0.0

    def __call__(self, done: int, total: int, stage: str) -> None:
        # A job may find more to do than it had planned; a bar never goes back.
        fraction = min(done / total, 1.0) if total > 0 else 1.0
        self._reached = max(self._reached, fraction)
        self._function(self._reached, stage)

    def close(self) -> None:
        pass


def _new_bar() -> Any:
    if is_notebook() and find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm
    else:
        from tqdm.std import tqdm
    return tqdm(bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}")


def _reporter(progress: Progress) -> _Reporter | None:
    """Return what the job calls, or None for a job that says nothing."""
    if progress is False:
        return None
    if progress is None:
        # A bar nobody asked for must not fail for want of tqdm.
        if is_interactive() and find_spec("tqdm") is not None:
            return _Bar(SILENT_SECONDS)
        return None
    if progress is True:
        if find_spec("tqdm") is None:
            raise ImportError(
                "`progress=True` shows a tqdm bar, and tqdm cannot be imported; "
                "install it with `pip install 'patronomy[progress]'`, or pass a "
                "function (fraction, stage)"
            )
        return _Bar(0.0)
    if callable(progress):
        return _Fraction(progress)
    raise TypeError(
        "`progress` must be None, True, False or a function (fraction, stage); "
        f"got {shown(progress)}"
    )


@contextmanager
def job(
    owner: str, progress: Progress, n_jobs: object, memory_mb: object
) -> Iterator[tuple[CoreProgress | None, int | None, float | None]]:
    """Give what every job of the core takes: callback, threads, megabytes."""
    threads = optional_whole_number(owner, "n_jobs", n_jobs, -1, 1_024)
    memory = optional_number(owner, "memory_mb", memory_mb)
    with reporting(progress) as report:
        yield report, threads, memory


@contextmanager
def reporting(progress: Progress) -> Iterator[CoreProgress | None]:
    """Give the core's callback for one job, and close the bar whatever happens."""
    reporter = _reporter(progress)
    try:
        yield reporter
    finally:
        if reporter is not None:
            reporter.close()
