"""Deployment files: what they yield, and what they are refused for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.abi import checksum, keccak
from dao.deployment.document import load_deployment
from dao.errors import DocumentError
from dao.types import ZERO_ADDRESS, Address, Addresses

TOKEN, TIMELOCK, GOVERNOR, POLICY = (Address(checksum("0x" + f"{0xABCDEF0123456789 + n:040x}")) for n in range(4))
ADDRESSES = Addresses(token=TOKEN, timelock=TIMELOCK, governor=GOVERNOR, policy=POLICY)
HOLDER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

WHOLE = f"""\
token:
  name: Test Token
  symbol: RWD
  decimals: 6
  cap: 1_000_000 RWD
  minters: [treasury, "{HOLDER}"]
  grants:
    "{HOLDER}": 10.5 RWD
    treasury: 1 RWD
governor:
  name: Test Governor
  voting_delay: 1 day
  voting_period: 7 days
  proposal_threshold: 100 RWD
  tiers: {{constitutional: {{approval: 70%, quorum: 14.5%}}}}
  late_quorum_extension: 12 hours
  grace_period: 14 days
  guardian: treasury
timelock:
  min_delay: 2 days
policy:
  genesis: 2023-08-01T00:00:00Z
  epoch: 7 days
  streams: [compute, compute/jobs]
  schedules:
    root:
      - from_epoch: 0
        constant: 47_435 RWD
  splits:
    root:
      - {{from_epoch: 0, parts: {{compute: residual}}}}
"""
PRESET = """\
network: Test
source: a source
unit: {symbol: RWD, decimals: 18}
convention: An epoch is a week.
policy:
  genesis: 2023-08-01
  epoch: 7 days
  schedules:
    root: [{from_epoch: 0, constant: 5 RWD}]
published:
  - {expression: "emission(root, 0)", printed: 5 RWD, source: a source}
"""


LISTED = [
    (TOKEN, keccak(b"transfer(address,uint256)")[:4], 2),
    (TOKEN, keccak(b"mint(address,uint256)")[:4], 1),
    (POLICY, keccak(b"addStream(bytes32,string)")[:4], 1),
    (POLICY, keccak(b"setSchedule(bytes32,(uint32,uint8,uint128[])[])")[:4], 1),
    (POLICY, keccak(b"setSplit(bytes32,uint32,(bytes32,uint8,uint16)[])")[:4], 1),
    (POLICY, keccak(b"setWeights(bytes32,uint32,(string,uint128)[])")[:4], 1),
    (POLICY, keccak(b"setParameters(bytes32,uint32,bytes)")[:4], 1),
    (POLICY, keccak(b"requireHash(bytes32)")[:4], 2),
    (POLICY, keccak(b"requireEmission(bytes32,uint32,uint256)")[:4], 2),
]


def written(folder: Path, text: str = WHOLE) -> Path:
    path = folder / "deploy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def with_preset(folder: Path, policy: str, preset: str = PRESET) -> Path:
    (folder / "proposals" / "presets").mkdir(parents=True, exist_ok=True)
    (folder / "proposals" / "presets" / "test.yaml").write_text(preset, encoding="utf-8")
    return written(folder, WHOLE[: WHOLE.index("policy:")] + policy)


def test_constructor_arguments(tmp_path: Path) -> None:
    document = load_deployment(written(tmp_path))
    arguments = document.constructor_arguments(ADDRESSES, genesis=5)
    assert arguments["TimelockController"] == (172_800, [GOVERNOR], [GOVERNOR], ZERO_ADDRESS)
    assert arguments["RewardToken"] == (
        "Test Token", "RWD", 6, 10**12, TIMELOCK, [TIMELOCK, HOLDER], [(HOLDER, 10_500_000), (TIMELOCK, 1_000_000)],
    )  # fmt: skip
    (configuration,) = arguments["RewardGovernor"]
    assert configuration[:7] == ("Test Governor", TOKEN, TIMELOCK, TIMELOCK, 86_400, 604_800, 100_000_000)
    assert configuration[7:10] == ([(7_000, 1_450), (6_000, 500), (5_000, 300)], LISTED, [TOKEN])
    assert configuration[10:] == (43_200, 1_209_600)
    assert arguments["RewardPolicy"][:3] == (TIMELOCK, 5, 604_800)
    assert document.genesis == 1_690_848_000
    assert document.policy(genesis=5).emission("compute", 0) == 47_435 * 10**6


def test_minters_default_to_the_treasury(tmp_path: Path) -> None:
    text = WHOLE.replace(f'  minters: [treasury, "{HOLDER}"]\n', "")
    arguments = load_deployment(written(tmp_path, text)).constructor_arguments(ADDRESSES, genesis=0)
    assert arguments["RewardToken"][5] == [TIMELOCK]


def test_a_preset_brings_the_policy(tmp_path: Path) -> None:
    document = load_deployment(with_preset(tmp_path, "policy: {preset: test}"))
    assert document.genesis == 1_690_848_000
    assert document.policy(genesis=0).emission("root", 9) == 5_000_000, "in the decimals of this token"
    assert load_deployment(with_preset(tmp_path, "policy: {preset: test, genesis: deployment}")).genesis is None
    by_path = with_preset(tmp_path, "policy: {preset: proposals/presets/test.yaml}")
    assert load_deployment(by_path).policy(genesis=0) == document.policy(genesis=0)
    assert load_deployment(with_preset(tmp_path, "policy: {preset: test}"), presets=tmp_path / "proposals/presets")


def test_the_content_hash_covers_both_files(tmp_path: Path) -> None:
    first = load_deployment(with_preset(tmp_path, "policy: {preset: test}")).content_hash
    assert load_deployment(with_preset(tmp_path, "policy: {preset: test}")).content_hash == first
    assert load_deployment(with_preset(tmp_path, "policy: {preset: test} #")).content_hash != first
    other = with_preset(tmp_path, "policy: {preset: test}", PRESET + "#")
    assert load_deployment(other).content_hash != first


WRONG = [
    ("name: Test Token", "name: " + "x" * 32, 2, "token.name"),
    ("name: Test Token", "name: " + "é" * 16, 2, "token.name"),
    ("name: Test Governor", "name: " + "é" * 16, 11, "governor.name"),
    ("symbol: RWD", "symbol: wei", 3, "token.symbol"),
    ("symbol: RWD", "symbol: R WD", 3, "token.symbol"),
    ("decimals: 6", "decimals: 37", 4, "token.decimals"),
    ("cap: 1_000_000 RWD", "cap: 1_000_000", 5, "token.cap"),
    ("cap: 1_000_000 RWD", "cap: 0 RWD", 5, "token.cap"),
    ("cap: 1_000_000 RWD", f"cap: {2**128} wei", 5, "token.cap"),
    ("cap: 1_000_000 RWD", "cap: 11 RWD", 9, "token.grants.treasury"),
    ("    treasury: 1 RWD", "    treasury: 1 ETH", 9, "token.grants.treasury"),
    ("    treasury: 1 RWD", "    nobody: 1 RWD", 9, "token.grants.nobody.[key]"),
    ("voting_period: 7 days", "voting_period: 0 s", 13, "governor.voting_period"),
    ("voting_period: 7 days", "voting_period: 4294967296 s", 13, "governor.voting_period"),
    ("voting_delay: 1 day", "voting_delay: 86400", 12, "governor.voting_delay"),
    ("proposal_threshold: 100 RWD", "proposal_threshold: 0.0000001 RWD", 14, "governor.proposal_threshold"),
    ("quorum: 14.5%", "quorum: 101%", 15, "governor.tiers.constitutional.quorum"),
    ("approval: 70%", "approval: 100%", 15, "governor.tiers.constitutional.approval"),
    ("approval: 70%", "approval: 49.99%", 15, "governor.tiers.constitutional.approval"),
    ("approval: 70%", "approval: 59.99%", 15, "governor.tiers.issuance.approval"),
    ("quorum: 14.5%", "quorum: 4.99%", 15, "governor.tiers.issuance.quorum"),
    ("constitutional: {approval: 70%, quorum: 14.5%}", "issuance: {approval: 60%, quorum: 2.99%}", 15,
     "governor.tiers.standard.quorum"),
    ("quorum: 14.5%}}", "quorum: 14.5%}}\n  exclusions: [token, token]", 16, "governor.exclusions"),
    ("quorum: 14.5%}}", "quorum: 14.5%}}\n  exclusions: [" + "treasury, " * 17 + "]", 16, "governor.exclusions"),
    ("quorum: 14.5%}}", f'quorum: 14.5%}}}}\n  exclusions: ["{ZERO_ADDRESS}"]', 16, "governor.exclusions"),
    ("grace_period: 14 days", "grace_period: 0 s", 17, "governor.grace_period"),
    ("guardian: treasury", f'guardian: "{ZERO_ADDRESS}"', 18, "governor.guardian"),
    ("  guardian: treasury\n", "", 10, "governor.guardian"),
    ("genesis: 2023-08-01T00:00:00Z", "genesis: 1690848000", 22, "policy.genesis"),
    ("genesis: 2023-08-01T00:00:00Z\n  ", "", 21, "policy"),
    ("  epoch: 7 days\n", "", 21, "policy"),
    ("[compute, compute/jobs]", "[compute/jobs, compute]", 24, "policy.streams"),
    ("[compute, compute/jobs]", "[compute, Jobs]", 24, "policy.streams.1"),
    ("      - from_epoch: 0\n        constant", "      - constant", 27, "policy.schedules.root.0"),
    ("47_435 RWD", "47_435 RENDER", 28, "policy.schedules.root.0.constant"),
    ("47_435 RWD", f"{2**128} wei", 26, "policy.schedules.root"),
    ("compute: residual", "compute: 50%", 30, "policy.splits.root"),
    ("  genesis:", "  preset: test\n  genesis:", 21, "policy"),
    ("timelock:\n  min_delay: 2 days\n", "", 1, "timelock"),
    ("timelock:", "timelok:", 19, "timelok"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "field"), WRONG)
def test_errors_name_line_and_field(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    assert WHOLE.count(old) == 1
    path = written(tmp_path, WHOLE.replace(old, new))
    with pytest.raises(DocumentError) as caught:
        load_deployment(path)
    assert (caught.value.path, caught.value.line, caught.value.field) == (str(path), line, field)


def test_an_error_in_a_preset_names_the_preset(tmp_path: Path) -> None:
    path = with_preset(tmp_path, "policy: {preset: test}", PRESET.replace("constant: 5 RWD", "constant: 5 ETH"))
    with pytest.raises(DocumentError) as caught:
        load_deployment(path)
    assert (Path(caught.value.path).name, caught.value.line) == ("test.yaml", 9)


def test_a_preset_in_another_unit_is_refused(tmp_path: Path) -> None:
    preset = PRESET.replace("RWD", "OTHER")
    with pytest.raises(DocumentError) as caught:
        load_deployment(with_preset(tmp_path, "policy: {preset: test}", preset))
    assert caught.value.what == "the amount is in another unit"
    assert caught.value.field == "policy.schedules.root.0.constant"


def test_a_missing_preset_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        load_deployment(with_preset(tmp_path, "policy: {preset: other}"))
    assert (caught.value.line, caught.value.field, caught.value.found) == (21, "policy.preset", "other")
