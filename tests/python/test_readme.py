"""The README says what is so: its examples print what it shows, its table of conventions and its Rust example hold."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import patronomy as pt
import pyarrow as pa
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "rfm.rs"

# A block of code, and the block of text that follows it, if one does.
BLOCK = re.compile(
    r"^```(?P<language>python|rust)\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


def blocks(language: str) -> list[tuple[str, str | None]]:
    """Code and shown text of the blocks of a language."""
    found = [m for m in BLOCK.finditer(README) if m["language"] == language]
    return [(m["code"], m["shown"]) for m in found]


def needs_data(code: str) -> bool:
    return "pt.datasets" in code


def printed(code: str, names: dict[str, Any]) -> str:
    """Run a block and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        # The text is our own README.
        exec(compile(code, "README.md", "exec"), names)  # noqa: S102
    return out.getvalue()


def check(codes: list[tuple[str, str | None]]) -> None:
    """Run blocks in one namespace, and hold each against the text shown."""
    names: dict[str, Any] = {}
    for code, shown in codes:
        assert printed(code, names) == shown, code


def test_every_python_block_shows_its_output() -> None:
    found = blocks("python")
    assert len(found) >= 4
    assert README.count("```python") == len(found)
    assert all(shown is not None for _, shown in found)


def test_the_examples_without_data_print_what_is_shown() -> None:
    free = [block for block in blocks("python") if not needs_data(block[0])]
    assert len(free) >= 3
    check(free)


def test_the_examples_with_data_print_what_is_shown(
    online_retail_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The example finds the file by the variable; the test's own folder may be relative to another place.
    monkeypatch.setenv("PATRONOMY_DATA", str(online_retail_path.parents[1]))
    assert any(needs_data(code) for code, _ in blocks("python"))
    check(blocks("python"))


def test_a_wrong_output_is_seen() -> None:
    check([("print(1)\n", "1\n")])
    with pytest.raises(AssertionError):
        check([("print(1)\n", "2\n")])


def conventions() -> list[tuple[str, str]]:
    """Name and last column of each row of the table of conventions."""
    return re.findall(
        r"^\| `(\w+)`(?: \(default\))? \|.*\| (\d{7}) \|$", README, re.MULTILINE
    )


def test_the_table_of_conventions_names_all_of_them() -> None:
    with pytest.raises(pt.ParameterError) as refused:
        pt.simulate.shop(n_customers=20, n_days=30).rfm(convention="none")  # type: ignore[arg-type]
    names = {name for name, _ in conventions()}
    assert len(names) == 7
    assert all(name in str(refused.value) for name in names)


@pytest.mark.parametrize(("convention", "scores"), conventions())
def test_seven_values_in_five_bins_are_as_the_table_says(
    convention: Any, scores: str
) -> None:
    # Spread over days, orders and money alike, so that no measure has values that coincide.
    lines = [(c, day, float(c)) for c in range(1, 8) for day in range(c)]
    customer, day, amount = zip(*lines, strict=True)
    table = pa.table(
        {
            "customer": customer,
            "day": pa.array([d * 10 for d in day], pa.int32()).cast(pa.date32()),
            "amount": amount,
        }
    )
    tx = pt.Transactions(table, customer="customer", time="day", amount="amount")
    r = tx.rfm(convention=convention, segments=None).to_dict()
    assert "".join(map(str, r["f_score"])) == scores


def code_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_the_rust_example_is_that_of_the_examples_folder() -> None:
    if not EXAMPLE.is_file():
        pytest.skip("there is no examples/rfm.rs to compare with")
    ((code, _),) = blocks("rust")
    shown, example = code_lines(code), code_lines(EXAMPLE.read_text(encoding="utf-8"))
    assert len(shown) >= 8
    # The example may say more; what the README shows stands in it, in the same order.
    rest = iter(example)
    missing = [line for line in shown if line not in rest]
    assert not missing


def test_the_rust_example_shows_the_figures_of_the_same_job_in_python() -> None:
    ((code, shown),) = blocks("rust")
    assert shown is not None
    assert "Shop::new(1_000, 730, 0)" in code
    assert 'parse("2025-07-01")' in code
    assert "period_days(180)" in code
    tx = pt.simulate.shop(n_customers=1000, n_days=730, seed=0)
    past, later = tx.split("2025-07-01")
    before = past.rfm(period_days=180)
    after = before.model.score(later)
    counts = before.counts
    expected = [
        len(before),
        len(after),
        counts["rows_used"],
        counts["rows_in"],
        len(after.moves(before)),
    ]
    assert [int(n) for n in re.findall(r"\d+", shown)] == expected
