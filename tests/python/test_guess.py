"""Roles that are guessed: for a person to confirm, right on tables in use, silent where there is nothing."""

from __future__ import annotations

from pathlib import Path

import patronomy as pt
import pyarrow as pa
import pyarrow.csv
import pytest
from patronomy._cli import main


def test_a_guess_is_a_proposal_with_its_reasons(online_retail: pa.Table) -> None:
    guess = pt.Transactions.guess(online_retail)
    assert guess.roles == pt.datasets.ONLINE_RETAIL_ROLES
    assert all(0 <= p["confidence"] <= 1 and p["reason"] for p in guess.proposals)
    assert "confirm before use" in repr(guess)
    assert "<table" in guess._repr_html_()


def test_a_guess_can_be_passed_on(online_retail_path: Path) -> None:
    guess = pt.Transactions.guess(online_retail_path)
    tx = pt.Transactions(online_retail_path, **guess.roles)
    assert tx.roles == guess.roles


def test_chinese_names_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = "订单号,会员卡号,商品名称,下单时间,数量,实付金额\nA1,7,笔,2024-01-05 10:00,2,3.5\n"
    path.write_bytes(text.encode("gb18030"))
    assert pt.Transactions.guess(path).roles == {
        "customer": "会员卡号",
        "time": "下单时间",
        "transaction": "订单号",
        "item": "商品名称",
        "quantity": "数量",
        "amount": "实付金额",
    }


@pytest.mark.parametrize(
    "table",
    [
        pa.table({}),
        pa.table({"": pa.nulls(3)}),
        pa.table({"x": pa.array([], pa.string())}),
        pa.table({"f0": [1.5, 2.5], "f1": [float("nan"), float("inf")]}),
        pa.table({"customer": [[1], [2]], "date": [{"a": 1}, {"a": 2}]}),
        pa.table({"customer": [b"\xff", b"x"]}),
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]),
    ],
    ids=["none", "nulls", "empty", "floats", "nested", "bytes", "shared name"],
)
def test_nothing_is_said_where_there_is_nothing(table: pa.Table) -> None:
    guess = pt.Transactions.guess(table)
    assert guess.roles == {}
    assert isinstance(repr(guess), str)


@pytest.mark.parametrize("unfit", [None, 3, [1, 2], {"a": [1]}])
def test_what_is_no_table(unfit: object) -> None:
    with pytest.raises(TypeError, match="guess"):
        pt.Transactions.guess(unfit)


def test_the_command_line_tells_what_a_file_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("cust id;date;total\n7;05/01/2024;1,50\n8;06/01/2024;2,25\n")
    assert main(["columns", str(path)]) == 0
    shown = capsys.readouterr().out
    for word in ("delimiter=';'", "decimal_comma=True", "Float64", "%d/%m/%Y"):
        assert word in shown
    assert "--customer 'cust id' --time date --amount total" in shown
    assert main(["columns", str(tmp_path / "no.csv")]) == 2
