"""The command `patronomy`: the jobs of the library from a shell."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from typing import Any, get_args

import patronomy as pt
from patronomy._rfm_params import Convention, Monetary, Nesting
from patronomy.transactions import Returns

_ROLES = {
    "customer": "column of the customer's id",
    "time": "column of the time of the line",
    "transaction": "column of the order or invoice number",
    "item": "column of the item's code",
    "item-name": "column of the item's name",
    "quantity": "column of the number of pieces",
    "price": "column of the price of one piece",
    "amount": "column of the money of the line, instead of quantity and price",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for a user's error, 130."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
        return 0
    except KeyboardInterrupt:
        print("patronomy: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`); say nothing more, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (pt.PatronomyError, TypeError, OSError) as error:
        print(f"patronomy: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="patronomy", description="Customer knowledge mining."
    )
    parser.add_argument(
        "--version", action="version", version=f"patronomy {pt.__version__}"
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    rfm = commands.add_parser(
        "rfm",
        help="score customers by recency, frequency and money",
        description="Score customers by recency, frequency and money.",
    )
    rfm.set_defaults(run=_rfm)
    rfm.add_argument(
        "orders", help="the sales lines: a file, a folder, or a pattern in quotes"
    )
    _add_roles(rfm)
    _add_parameters(rfm)
    rfm.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write the scored customers to a .parquet or .csv file",
    )
    columns = commands.add_parser(
        "columns",
        help="say what a file is, and propose roles for its columns",
        description="Say what a file is: its dialect, its columns, and their roles "
        "as far as they can be guessed. Nothing is computed.",
    )
    columns.set_defaults(run=_file_columns)
    columns.add_argument("file", help="a file, a folder, or a pattern in quotes")
    _add_reading(columns)
    _add_reading(rfm)
    return parser


def _add_reading(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reading", "each is found out where left away")
    group.add_argument("--encoding", metavar="NAME", help="such as gb18030")
    group.add_argument("--delimiter", metavar="CHARACTER", help="between fields")
    group.add_argument("--sheet", metavar="NAME", help="of a workbook; * for all")


def _reading(given: dict[str, Any]) -> pt.Reading:
    names = ("encoding", "delimiter", "sheet")
    return pt.Reading(**{name: given.pop(name) for name in names})


def _file_columns(arguments: argparse.Namespace) -> None:
    info = pt.inspect(arguments.file, reading=_reading(vars(arguments)))
    print(info)
    guessed = {r.replace("_", "-"): c for r, c in info.guess.roles.items()}
    roles = {role: column for role, column in guessed.items() if role in _ROLES}
    if roles:
        options = (f"--{role} {shlex.quote(c)}" for role, c in roles.items())
        print(f"\nif that is right: {' '.join(options)}")


def _add_roles(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("roles")
    for role, text in _ROLES.items():
        needed = role in ("customer", "time")
        group.add_argument(f"--{role}", metavar="COLUMN", required=needed, help=text)


# An option that is not given stays out of the call: defaults live in one place.
def _add_parameters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("parameters")

    def add(name: str, **options: Any) -> None:
        group.add_argument(name, default=argparse.SUPPRESS, **options)

    add("--returns", choices=get_args(Returns), help="what becomes of return lines")
    add("--time-format", metavar="FORMAT", help="format of times that are text")
    add("--n-bins", type=_bins, metavar="K", help="bins: one number, or three as R,F,M")
    add("--convention", choices=get_args(Convention), help="how ties fall into bins")
    add("--nesting", choices=get_args(Nesting), help="bins in all, or within others")
    add("--monetary", choices=get_args(Monetary), help="money of all orders, or of one")
    add("--reference", metavar="TIME", help="the time recency is counted to")
    add("--period-days", type=int, metavar="N", help="use only the last N days")
    add("--segments", metavar="MAP", help="auto, rf_grid, rfm_package or none")


def _bins(text: str) -> int | tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 3):
        raise argparse.ArgumentTypeError(
            f"must be a whole number or three, such as 5 or 5,5,4; got {text!r}"
        )
    return numbers[0] if len(numbers) == 1 else numbers


def _rfm(arguments: argparse.Namespace) -> None:
    given = vars(arguments)
    del given["run"]
    reading = _reading(given)
    output = given.pop("output")
    orders = given.pop("orders")
    if output is not None and os.path.realpath(output) == os.path.realpath(orders):
        raise pt.ParameterError(
            f"`--output` must not be the file that is read; got {output!r}"
        )
    binding: dict[str, Any] = {role.replace("-", "_"): None for role in _ROLES}
    binding |= {role: given.pop(role) for role in binding}
    for name in ("returns", "time_format"):
        if name in given:
            binding[name] = given.pop(name)
    tx = pt.Transactions(orders, reading=reading, **binding)
    if given.get("segments") == "none":
        given["segments"] = None
    result = tx.rfm(**given)
    # Written first: a reader that goes away must not cost the file.
    if output is not None:
        result.write(output)
    _report(result, output)


def _report(result: pt.Rfm, output: str | None) -> None:
    counts = result.counts
    print(f"{counts['rows_used']:,} of {counts['rows_in']:,} rows used")
    for reason, n in counts["left_out"].items():
        if n:
            print(f"  left out, {reason}: {n:,}")
    print(f"{len(result):,} customers scored, reference {result.reference}")
    for notice in result.notices:
        print(f"notice: {notice}")
    if result.params["segments"] is not None:
        print()
        print(result.segments())
    if output is not None:
        print(f"\nwritten to {output}")


if __name__ == "__main__":
    sys.exit(main())
