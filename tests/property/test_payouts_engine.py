"""Property: an engine over files pays each account what the rows in memory pay it, however the rows are given."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from dao.abi import checksum
from dao.errors import PolicyError
from dao.payouts.compute import compute
from dao.rewards.accounts.allocate import AccountState
from dao.rewards.accounts.average import SHARE_UNIT, ShareAverage
from dao.rewards.accounts.columns import Contributions
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.streak import Streak, StreakWeights
from dao.rewards.changes import Budget, SetBudget
from dao.rewards.parameters import MAX_BYTES, encode
from dao.rewards.payouts import stream_payouts
from tests.support.contributed import equal_policy, write_csv, write_parquet
from tests.support.operators import LABELS, amounts, operators, weights

EXAMPLES = int(os.environ.get("PAYOUT_EXAMPLES", "25"))
"""How many epochs are computed; set PAYOUT_EXAMPLES to compute more."""

CHECKS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())

ACCOUNTS = tuple(f"0x{index:02x}{'c0ffee' * 6}{index:02x}" for index in (0, 1, 0x7F, 0x80, 0xFE, 0xFF))
STREAMS = ("a", "b", "c")
MEASURES = ("nodes", "progress", "volume", "weeks", "positive")
COLUMNS = ("account", "stream", "units", "class", *MEASURES)

units = st.one_of(st.sampled_from([0, 0, 1, 2, 10**18 - 1, 2**59]), st.integers(0, 1_000))
levels = st.one_of(st.sampled_from([0, 1, WAD // 3, WAD, 5 * WAD]), st.integers(0, 60), st.integers(0, 2**64))
row = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.sampled_from(STREAMS),
    units,
    st.sampled_from(LABELS),
    *(levels.map(lambda level, least=name == "positive": level + least) for name in MEASURES),
)
states = st.builds(
    lambda streaks, shares: AccountState(streaks=streaks, averages=shares),
    st.dictionaries(st.sampled_from(ACCOUNTS), st.builds(Streak, st.integers(0, 100), st.integers(0, 2)), max_size=4),
    st.dictionaries(st.sampled_from(ACCOUNTS), st.integers(1, SHARE_UNIT // 6), max_size=4),
)
earlier = st.dictionaries(st.sampled_from(ACCOUNTS), amounts, max_size=4)
spellings = st.sampled_from([str, checksum, lambda text: "0x" + text[2:].upper()])


def contributions(rows: Sequence[Any]) -> Contributions:
    """The same rows in memory."""
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in COLUMNS]
    account, _, counted, classes, *measures = columns
    return Contributions(account, counted, {"class": classes}, dict(zip(MEASURES, measures, strict=True)))


@st.composite
def files(draw: Any, folder: Path, rows: Sequence[Any]) -> list[Path]:
    """`rows` in any order, in one to three files of either format, accounts spelled in any way that is right."""
    moved = draw(st.permutations(rows))
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=2)))
    parts = [moved[first:last] for first, last in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    made = []
    for index, part in enumerate(parts):
        columns = {name: [line[place] for line in part] for place, name in enumerate(COLUMNS)}
        columns["account"] = [draw(spellings)(account) for account in columns["account"]]
        columns["part"] = [index] * len(part)
        if draw(st.booleans()):
            # More than 64 bits, which no integer of Parquet has.
            texts = {name: list(map(str, columns[name])) for name in MEASURES}
            made.append(write_parquet(folder / f"{index}.parquet", {**columns, **texts}))
        else:
            text = {name: list(map(str, values)) for name, values in columns.items()}
            made.append(write_csv(folder / f"{index}.csv", text))
    # Files without rows may be the same byte for byte, which is refused.
    return list({path.read_bytes(): path for path in made}.values())


@CHECKS
@given(
    chosen=st.tuples(operators(settled=False), st.just(()), operators(settled=False)),
    classes=st.none() | st.tuples(weights, weights, weights),
    rows=st.lists(row, max_size=20),
    pool=st.sampled_from([0, 1, 7, 10**24 + 7]) | st.integers(0, 2**90),
    budget=amounts.map(lambda amount: amount % 2**96),
    carried=st.tuples(states, st.just(AccountState()), states),
    paid=st.tuples(earlier, earlier, earlier),
    threads=st.sampled_from([1, 2]),
    data=st.data(),
)
def test_an_engine_over_files_equals_rows_in_memory(
    chosen: Any,
    classes: tuple[int, int, int] | None,
    rows: list[Any],
    pool: int,
    budget: int,
    carried: Any,
    paid: Any,
    threads: int,
    data: Any,
) -> None:
    assume(all(len(encode(operators)) <= MAX_BYTES for operators in chosen))
    tables = {} if classes is None else {"b": dict(zip(LABELS, classes, strict=True))}
    policy = equal_policy(dict(zip(STREAMS, chosen, strict=True)), pool=pool, classes=tables)
    for stream in ("a", "c"):
        policy = policy.apply(SetBudget(stream, Budget(0, budget)))
    more = {
        "states": dict(zip(STREAMS, carried, strict=True)),
        "paid_this_month": dict(zip(STREAMS, paid, strict=True)),
        "threads": threads,
    }
    by_stream = {stream: [line for line in rows if line[1] == stream] for stream in STREAMS}
    with tempfile.TemporaryDirectory() as made:
        paths = data.draw(files(Path(made), rows))
        try:
            expected = {
                stream: stream_payouts(
                    policy,
                    stream,
                    3,
                    contributions(lines),
                    state=more["states"][stream],
                    paid_this_month=more["paid_this_month"][stream],
                )
                for stream, lines in by_stream.items()
            }
        except PolicyError:
            with pytest.raises(PolicyError):
                compute(policy, 3, paths, **more)
            return
        found = compute(policy, 3, paths, **more)
    assert [made.stream for made in found.streams] == list(STREAMS)
    for made, parameters in zip(found.streams, chosen, strict=True):
        wanted, lines = expected[made.stream], by_stream[made.stream]
        paid_out = list(zip(made.accounts, made.amounts, strict=True))
        assert paid_out == [(account, amount) for account, amount in wanted.payouts if amount]
        assert made.residual == wanted.residual
        assert made.residual + sum(made.amounts) == made.pool
        assert sum(part.units for part in made.classes) == sum(line[2] for line in lines)
        assert sum(part.rows for part in made.classes) == len(lines)
        assert made.contributors == len({line[0] for line in lines})
        carries = any(isinstance(operator, StreakWeights | ShareAverage) for operator in parameters)
        assert found.states.get(made.stream) == (wanted.state if carries else None)
