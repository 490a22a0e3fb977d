"""The policy file: one text for one policy, and a refusal for every other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dao.document.preset import load_preset
from dao.errors import DocumentError, PolicyError
from dao.rewards.changes import (
    AddStream,
    Allocation,
    Budget,
    ClassWeight,
    Parameters,
    Part,
    Rail,
    Reporter,
    SetBudget,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSplit,
    SetWeights,
    Split,
    Weights,
)
from dao.rewards.file import PolicyFile, Reported, load, parse, rebuild
from dao.rewards.schedule import Constant, Geometric, Metered, Segment, Table
from dao.types import Address

PRESETS = sorted((Path(__file__).parents[3] / "proposals" / "presets").glob("*.yaml"))
REPORTER = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
SHRINKING = Geometric(amount=9, numerator=1, denominator=2, every=3)
WRITES = (
    AddStream("compute"),
    AddStream("data"),
    AddStream("data/map"),
    SetRail("data", Rail(cap=2**128 - 1, share_cap=10_000)),
    SetSchedule("root", (Segment(0, Constant(10**30)), Segment(2, Metered(10**30)))),
    SetSchedule("data", (Segment(0, Table((5, 7), every=2)), Segment(4, SHRINKING))),
    SetSplit("root", Split(0, (Part("compute", Allocation.SHARE, 2_500), Part("data", Allocation.RESIDUAL)))),
    SetSplit("data", Split(1, (Part("data/map", Allocation.RESIDUAL),))),
    SetSplit("data", Split(9, ())),
    SetBudget("root", Budget(0, 2 * 10**30 + 10**29 + 8)),
    SetWeights("compute", Weights(0, (ClassWeight("h100", 10**18), ClassWeight("A100-80&<", 1)))),
    SetParameters("compute", Parameters(3, b"\x00\xff")),
    SetReporter("root", Reporter(account=REPORTER, minimum=1, maximum=10**18)),
    Reported("root", 2, 10**17),
    Reported("root", 3, 10**18),
)  # fmt: skip


@pytest.fixture(scope="module")
def file() -> PolicyFile:
    return PolicyFile.of(rebuild(1_700_000_000, 604_800, 2**128 - 1, WRITES), WRITES)


def test_a_file_holds_the_policy_and_what_made_it(file: PolicyFile, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(file.text(), encoding="utf-8")
    loaded = load(path, expected_hash=file.policy.hash)
    assert loaded == file
    assert loaded.text() == file.text()
    assert loaded.policy.emission("root", 2) == 10**29
    assert loaded.policy.emission("compute", 3) == 2


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_every_preset_has_a_file(path: Path) -> None:
    preset, _ = load_preset(path)
    policy = preset.evaluate()
    made = PolicyFile.of(policy, preset.policy.changes(preset.units))
    assert parse(made.text().encode(), path="a file").policy == policy


def test_numbers_are_texts_and_words_are_those_of_the_documents(file: PolicyFile) -> None:
    document = json.loads(file.text())
    assert document["genesis"] == "1700000000"
    assert document["policy_hash"] == "0x" + file.policy.hash.hex()
    assert document["writes"][0] == {"add_stream": {"path": "compute"}}
    assert document["writes"][4]["set_schedule"]["segments"][0] == {
        "from_epoch": "0",
        "shape": {"constant": {"amount": "1" + "0" * 30}},
    }
    assert document["writes"][6]["set_split"]["split"]["parts"][0]["allocation"] == "share"
    assert document["writes"][-1] == {"reported": {"stream": "root", "epoch": "3", "value": "1" + "0" * 18}}
    assert file.text().isascii()


def test_every_changed_byte_is_refused(file: PolicyFile) -> None:
    data = file.text().encode()
    for index in range(len(data)):
        for other in {data[index] ^ 1, ord("0"), ord(" ")} - {data[index]}:
            changed = data[:index] + bytes([other]) + data[index + 1 :]
            with pytest.raises(DocumentError):
                parse(changed, path="a file")


def test_what_is_left_out_or_added_is_refused(file: PolicyFile) -> None:
    data = file.text().encode()
    for wrong in (
        b"",
        data[:-1],
        data + b"\n",
        data[:-3],
        b"[]",
        b"null",
        b"[" * 100_000,
        data.replace(b'": "', b'":"'),
    ):
        with pytest.raises(DocumentError):
            parse(wrong, path="a file")


def _split(document: Any) -> Any:
    return document["writes"][6]["set_split"]["split"]


def _segment(document: Any) -> Any:
    return document["writes"][4]["set_schedule"]["segments"][0]


def _parameters(document: Any) -> Any:
    return document["writes"][11]["set_parameters"]["parameters"]


def _without(document: Any, index: int) -> None:
    del document["writes"][index]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.update(format="other"), "format"),
        (lambda d: d.update(version="2"), "version"),
        (lambda d: d.update(version=1), "version"),
        (lambda d: d.update(policy_hash="0x" + "11" * 32), "policy_hash"),
        (lambda d: d.update(genesis="1700000001"), "policy_hash"),
        (lambda d: d.update(genesis="01"), "genesis"),
        (lambda d: d.update(genesis=1), "genesis"),
        (lambda d: d.update(epoch_length="0"), ""),
        (lambda d: d.update(more="1"), ""),
        (lambda d: d.pop("supply_cap"), ""),
        (lambda d: d.pop("digest"), "digest"),
        (lambda d: _without(d, 0), "writes.5"),
        (lambda d: _without(d, 3), "policy_hash"),
        (lambda d: _without(d, -1), "digest"),
        (lambda d: d["writes"].reverse(), "writes.0"),
        (lambda d: d["writes"].insert(0, {"add_stream": {"path": "A"}}), "writes.0"),
        (lambda d: d["writes"].insert(0, {"set_nothing": {}}), "writes.0"),
        (lambda d: d["writes"].insert(0, {"add_stream": {"path": "a"}, "set_rail": {}}), "writes.0"),
        (lambda d: d["writes"][0].update(add_stream={"path": 5}), "writes.0.add_stream.path"),
        (lambda d: d["writes"][0].update(add_stream={"path": "a", "b": "c"}), "writes.0.add_stream"),
        (lambda d: _split(d)["parts"][0].update(allocation="half"), "writes.6.set_split.split.parts.0.allocation"),
        (lambda d: _segment(d).update(shape={"cubic": {}}), "writes.4.set_schedule.segments.0.shape"),
        (lambda d: _parameters(d).update(data="0xFF"), "writes.11.set_parameters.parameters.data"),
        (lambda d: d["writes"][-1]["reported"].update(value="2000000000000000000"), "writes.14"),
        (lambda d: d["writes"][-1]["reported"].update(epoch="5"), "writes.14"),
    ],
)  # fmt: skip
def test_a_changed_file_names_the_field(file: PolicyFile, change: Any, field: str) -> None:
    document = json.loads(file.text())
    change(document)
    with pytest.raises(DocumentError) as refused:
        parse((json.dumps(document, indent=1) + "\n").encode(), path="a file")
    assert refused.value.field == field
    assert refused.value.path == "a file"


def test_a_key_that_stands_twice_is_refused(file: PolicyFile) -> None:
    text = file.text().replace(' "genesis":', ' "genesis": "5",\n "genesis":', 1)
    with pytest.raises(DocumentError, match="no JSON"):
        parse(text.encode(), path="a file")


def test_another_policy_is_refused_by_its_hash(file: PolicyFile, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(file.text(), encoding="utf-8")
    with pytest.raises(DocumentError, match="another policy"):
        load(path, expected_hash=bytes(32))
    with pytest.raises(DocumentError, match="cannot be read"):
        load(tmp_path / "none.json")


def test_writes_that_do_not_make_the_policy(file: PolicyFile) -> None:
    for writes in (WRITES[:-1], WRITES[:4], ()):
        with pytest.raises(PolicyError, match="do not make the policy"):
            PolicyFile.of(file.policy, writes)
