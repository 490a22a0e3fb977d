"""Published figures come out of contribution files, computed under the presets' policies, to the last printed digit.

The figures are read where the networks' own are kept, tests/data/networks; the policies are proposals/presets.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dao.document.loader import load_file
from dao.document.preset import load_preset
from dao.document.quantities import Units
from dao.payouts.compute import compute
from dao.payouts.values import EpochPayouts
from dao.rewards.assume import assume
from dao.rewards.policy import Policy
from tests.support.figures import printed, wad
from tests.support.payouts import account

ROOT = Path(__file__).resolve().parents[3]
HOURS = 168
EVERYBODY_ELSE = 0


@dataclass(frozen=True)
class Network:
    """A preset's policy, and what its amounts are in."""

    policy: Policy
    units: Units

    def amount(self, text: str) -> int:
        """An amount of whole tokens, exact."""
        value = Fraction(text) * 10**self.units.decimals
        assert value.denominator == 1
        return value.numerator

    def shown(self, amount: int, like: str) -> str:
        """An amount in tokens, rounded as `like` is printed."""
        return printed(amount, like, unit=10**self.units.decimals)


@cache
def network(name: str) -> Network:
    preset, _ = load_preset(ROOT / "proposals" / "presets" / f"{name}.yaml")
    return Network(preset.evaluate(), preset.units)


@cache
def figures(name: str) -> Any:
    """A network's figures, as they are written: texts, so that no digit is lost."""
    return load_file(ROOT / "tests" / "data" / "networks" / f"{name}.yaml").plain()


def computed(folder: Path, policy: Policy, epoch: int, rows: list[dict[str, object]], **more: Any) -> EpochPayouts:
    """What a CSV file of `rows` comes to; the others of a row's columns are empty where it has none."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / "contributions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    made = compute(policy, epoch, [path], **more)
    for stream in made.streams:
        assert sum(stream.amounts) + stream.residual == stream.pool == policy.emission(stream.stream, epoch)
    return made


def paid(made: EpochPayouts, stream: str) -> Mapping[str, int]:
    found = next(entry for entry in made.streams if entry.stream == stream)
    return dict(zip(found.accounts, found.amounts, strict=True))


# ---------------------------------------------------------------- Render


@pytest.mark.parametrize("index", [0, 1])
def test_render_jobs_of_base_10(tmp_path: Path, index: int) -> None:
    """RNP-019, appendix 4: hours/168 of 10 tokens, times a multiplier of 1.0 and of 1.8098."""
    check = figures("render_emission")["rnp019_compute"]["checks"][index]
    machine: dict[str, object]
    if check["multiplier"] == "1.0":
        # The weights sum to 0.97; a network of 120 % makes up for it.
        machine = {"model": "rtx4090", "vram": "1", "network": "1.2", "clock": "1", "mem-bandwidth": "1", "cpu": "1"}
    else:
        machine = {"model": "rtx5090", "vram": "1.33", "network": "4", "clock": "1.12", "mem-bandwidth": "1.28"}
        machine["cpu"] = "1.5"
    levels = {name: value if name == "model" else wad(str(value)) for name, value in machine.items()}
    row = {"account": account(1), "stream": "nodes/jobs", "units": check["hours"], **levels}
    render = network("render-rnp018")
    made = computed(tmp_path, render.policy, 53, [row])
    assert render.shown(paid(made, "nodes/jobs")[account(1)], check["reward"]) == check["reward"]


def test_render_jobs_of_base_25(tmp_path: Path) -> None:
    """RNP-021: 100 hours of an H200 and of an RTX 4090; a week of each class is the base times its multiplier."""
    published = figures("render_emission")["rnp021_enterprise"]
    render = network("render-rnp021")
    checks = [check for check in published["checks"] if "gpu" in check]
    rows: list[dict[str, object]] = [
        {"account": account(index), "stream": "root", "units": check["hours"], "class": check["gpu"]}
        for index, check in enumerate(checks)
    ]
    multipliers = list(published["multipliers"].items())
    rows += [
        {"account": account(100 + index), "stream": "root", "units": HOURS, "class": name}
        for index, (name, _) in enumerate(multipliers)
    ]
    made = paid(computed(tmp_path, render.policy, 0, rows), "root")
    assert [check["gpu"] for check in checks] == ["H200", "RTX4090"]
    for index, check in enumerate(checks):
        like = f"{check['reward']:0<5}"
        assert render.shown(made[account(index)], like) == like
    base = Fraction(published["job_baseline_per_epoch"]["after"])
    for index, (_, multiplier) in enumerate(multipliers):
        assert made[account(100 + index)] == base * Fraction(multiplier) * 10**render.units.decimals


def test_render_pays_no_more_in_a_month(tmp_path: Path) -> None:
    """RNP-021: 100,000 a month for all, whatever the hours; what earlier weeks were paid counts."""
    render = network("render-rnp021")
    cap = render.amount(figures("render_emission")["rnp021_enterprise"]["cap_per_month"])
    row: dict[str, object] = {"account": account(1), "stream": "root", "units": 10**9, "class": "H200"}
    assert paid(computed(tmp_path, render.policy, 0, [row]), "root") == {account(1): cap}
    earlier = {"root": {account(2): cap - 7}}
    made = computed(tmp_path, render.policy, 1, [row], paid_this_month=earlier)
    assert paid(made, "root") == {account(1): 7}


def test_render_availability(tmp_path: Path) -> None:
    """RNP-019 and RNP-021: 2 an epoch and node, 1.99 at an uptime of 99.5 %."""
    published = figures("render_emission")
    (check,) = (check for check in published["rnp021_enterprise"]["checks"] if "availability_uptime" in check)
    stream = "compute/availability"
    rows: list[dict[str, object]] = [
        {"account": account(1), "stream": stream, "units": 1, "uptime": wad(check["availability_uptime"])},
        {"account": account(2), "stream": stream, "units": 1, "uptime": wad("1")},
        {"account": account(2), "stream": stream, "units": 3, "uptime": wad("1")},
    ]
    render = network("render-rnp022")
    made = paid(computed(tmp_path, render.policy, 0, rows), stream)
    assert render.shown(made[account(1)], check["reward"]) == check["reward"]
    assert made[account(2)] == 4 * render.amount(published["rnp019_compute"]["availability_per_epoch"])


# ---------------------------------------------------------------- DIMO


@pytest.mark.parametrize("index", range(4))
def test_dimo_pro_rata(tmp_path: Path, index: int) -> None:
    """DIP-2 and its amendments: a week's pool by points, of which a vehicle has those of its integration and streak."""
    check = figures("dimo_baseline")["pro_rata_checks"][index]
    points, total = int(check["points"]), int(check["total"])
    if points < 1_000:
        # The source counts this one in thousands.
        points, total = 1_000 * points, 1_000 * total
    car: dict[str, object] = {"integration": "smartcar", "weeks": 0, "units": points // 1_000}
    if points == 9_000:
        car = {"integration": "autopi", "weeks": 36, "units": 1}
    others: dict[str, object] = {"integration": "smartcar", "weeks": 0, "units": (total - points) // 1_000}
    rows = [
        {"account": account(1), "stream": "root", **car},
        {"account": account(EVERYBODY_ELSE), "stream": "root", **others},
    ]
    dimo = network("dimo-baseline")
    made = computed(tmp_path, dimo.policy, 0, rows)
    assert made.streams[0].pool == dimo.amount(check["pool"])
    assert dimo.shown(paid(made, "root")[account(1)], check["reward"]) == check["reward"]


# ---------------------------------------------------------------- Helium

LEGACY, NEW = 1, 2


@pytest.mark.parametrize("terabytes", [40, 120])
@pytest.mark.parametrize("index", range(6))
def test_helium_waterfall(tmp_path: Path, terabytes: int, index: int) -> None:
    """HIP-147: data is paid first, as much as it cost, and coverage what is left, at each price of HNT."""
    published = figures("helium_hnt_schedule")["hip147_waterfall"]
    row = published[f"rows_{terabytes}TB_per_day_usd"][index]
    price = int(row["price"])
    helium = network("helium-mobile")
    cost = terabytes * 1_000 * Fraction(published["usd_per_gb"])
    # Rounded to HNT's decimals, as whoever meters it would report it.
    wanted = round(cost / price * 10**helium.units.decimals)
    streams = ("data/transferred", "data/coverage", "poc")
    for epoch, poc, data in ((LEGACY, "legacy_poc", "legacy_data"), (NEW, "new_poc", "new_data")):
        policy = assume(helium.policy, {"data/transferred": wanted}, last=epoch)
        present = streams if epoch == LEGACY else streams[:2]
        rows: list[dict[str, object]] = [
            {"account": account(number), "stream": stream, "units": units}
            for stream in present
            for number, units in ((1, 1), (2, 2), (3, 4))
        ]
        made = computed(tmp_path, policy, epoch, rows)
        transferred, *covering = (sum(paid(made, stream).values()) for stream in present)
        # Three accounts leave two units of the last decimal at most, in each stream.
        assert all(entry.residual <= 2 for entry in made.streams if entry.stream in present)
        assert helium.shown(transferred * price, "0") == row[data]
        assert helium.shown(sum(covering) * price, "0") == row[poc]


# ---------------------------------------------------------------- Hivemapper


@pytest.mark.parametrize("index", range(3))
def test_hivemapper_remint(tmp_path: Path, index: int) -> None:
    """MIP-15: a quarter of what was burned is minted again, at most 500,000 a week; before it, everything."""
    published = figures("hivemapper_weekly")["burn_and_mint"]
    check = published["derived_checks"][index]
    hivemapper = network("hivemapper-remint")
    burned, minted = hivemapper.amount(check["burned"]), hivemapper.amount(check["remint"])
    rows: list[dict[str, object]] = [
        {"account": account(number), "stream": "root", "units": units} for number, units in ((1, 3), (2, 5))
    ]
    after = assume(hivemapper.policy, {"root": burned}, last=76)
    made = computed(tmp_path, after, 76, rows)
    assert paid(made, "root") == {account(1): minted * 3 // 8, account(2): minted * 5 // 8}
    part = Fraction(published["after"]["remint_pct"]) / 100
    assert minted == min(burned * part, hivemapper.amount(published["after"]["remint_cap_per_week"]))
    before = computed(tmp_path, after, 75, rows)
    assert sum(paid(before, "root").values()) == burned * Fraction(published["before"]["remint_pct"]) / 100
