"""A DAO on an in-process EVM with the shipped bytecode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from pyrevm import EVM, BlockEnv

from dao.abi import ContractAbi, checksum, keccak
from dao.artifacts import load
from dao.audit.history import Caller
from dao.audit.report import AuditReport
from dao.audit.run import audit
from dao.chain.connection import Block, View
from dao.errors import CallReverted
from dao.events.log import RawLog
from dao.replay.replay import replay
from dao.replay.state import GovernanceState
from dao.rewards.changes import AddStream, Allocation, Part, Reporter, SetReporter, SetSchedule, SetSplit, Split
from dao.rewards.schedule import Constant, Geometric, Metered, Segment
from dao.rewards.streams import ROOT, stream_id
from dao.tiers import Tier
from dao.types import ZERO_ADDRESS, Address, Addresses, Call, Support
from tests.support import paying
from tests.support.policy import policy_code

TOKEN = load("RewardToken").abi
TIMELOCK = load("TimelockController").abi
GOVERNOR = load("RewardGovernor").abi
POLICY = load("RewardPolicy").abi

START = 1_800_000_000
DELAY, PERIOD, EXTENSION, GRACE, MIN_DELAY, EPOCH = 60, 600, 120, 900, 300, 3_600
MILLION = 1_000_000 * 10**18
DEPLOYER = Address("0x00000000000000000000000000000000000d3b07")


class Reverted(Exception):
    """The EVM refused a transaction."""


class Chain:
    """Blocks, transactions and logs over pyrevm. Time moves only by `advance`."""

    chain_id = 1

    def __init__(self, start: int = START) -> None:
        self.evm = EVM(gas_limit=10**9, spec_id="OSAKA")
        self.number, self.timestamp = 0, start
        self.logs: list[RawLog] = []
        self.callers: dict[bytes, Caller] = {}
        self._transactions = self._block_transactions = self._block_logs = 0
        self.advance(1)

    def advance(self, seconds: int) -> None:
        """Begins a new block, `seconds` after the one before."""
        self.number += 1
        self.timestamp += seconds
        self._block_transactions = self._block_logs = 0
        self.evm.set_block_env(BlockEnv(number=self.number, timestamp=self.timestamp, gas_limit=10**9))

    def deploy(self, code: bytes, deployer: Address = DEPLOYER) -> Address:
        """Creates a contract in a transaction of its own."""
        address = checksum(self.evm.deploy(deployer, code))
        self._record(Caller(deployer, None))
        return address

    def nonce(self, account: Address) -> int:
        """How many transactions `account` sent, contracts created included."""
        return int(self.evm.basic(account).nonce)

    def send(self, sender: Address, to: Address, calldata: bytes, value: int = 0) -> bytes:
        """Sends a transaction into the present block; Reverted where the EVM refuses it."""
        self.evm.reset_transient_storage()
        try:
            output = self.evm.message_call(sender, to, calldata, value)
        except RuntimeError as error:
            raise Reverted(str(error)) from error
        self._record(Caller(sender, to))
        return bytes(output)

    def allow(self, token: Address, owner: Address, spender: Address, amount: int) -> None:
        """Writes an allowance into a RewardToken, as an approval of the owner, a contract, would leave it."""
        slot = _member(_member(ALLOWANCES, owner), spender)
        self.evm.insert_account_storage(token, slot, amount)

    def views(self, views: Sequence[View], *, block: int | str = "latest") -> list[tuple[Any, ...]]:
        """What views return now, as `dao.chain.connection.Connection.views`."""
        assert block in ("latest", self.number)
        answers = []
        for view in views:
            calldata = view.signature.encode_call(*view.arguments)
            try:
                output = self.evm.message_call(DEPLOYER, view.address, calldata, is_static=True)
            except RuntimeError as error:
                raise CallReverted("a view reverted", error="", arguments={}, data=b"") from error
            answers.append(view.signature.decode_output(bytes(output)))
        return answers

    def block(self, ref: int | str = "latest") -> Block:
        """The header of the present block."""
        assert ref in ("latest", self.number)
        return Block(self.number, self.timestamp, keccak(b"block %d" % self.number))

    def _record(self, caller: Caller) -> None:
        self.callers[keccak(b"transaction %d" % self._transactions)] = caller
        for log in self.evm.result.logs:
            topics, data = log.data
            self.logs.append(
                RawLog(
                    address=checksum(log.address),
                    topics=tuple(bytes(topic) for topic in topics),
                    data=bytes(data),
                    block_number=self.number,
                    block_hash=keccak(b"block %d" % self.number),
                    timestamp=self.timestamp,
                    transaction_hash=keccak(b"transaction %d" % self._transactions),
                    transaction_index=self._block_transactions,
                    log_index=self._block_logs,
                )
            )
            self._block_logs += 1
        self._transactions += 1
        self._block_transactions += 1


@dataclass(frozen=True)
class Contents:
    """What a proposal is made of."""

    calls: tuple[Call, ...]
    description: str

    @property
    def columns(self) -> tuple[list[str], list[int], list[bytes]]:
        return [c.target for c in self.calls], [c.value for c in self.calls], [c.calldata for c in self.calls]

    @property
    def hashed(self) -> tuple[Any, ...]:
        return *self.columns, keccak(self.description.encode())


@dataclass
class Dao:
    """One deployment on a chain, with everything that its people can do."""

    chain: Chain
    addresses: Addresses
    holders: tuple[Address, ...]
    guardian: Address
    bundler: Address
    """A contract that makes several calls in one transaction: another timelock, without a delay."""
    contents: dict[int, Contents] = field(default_factory=dict)
    trees: dict[paying.Key, paying.Tree] = field(default_factory=dict)
    """The payouts that were last signed for each stream, epoch and series."""
    _bundles: int = 0

    @classmethod
    def deploy(
        cls,
        *,
        holders: int = 5,
        threshold: int = 0,
        quorum: int = 1_000,
        tiers: Sequence[tuple[int, int]] = (),
        min_delay: int = MIN_DELAY,
        direct: Sequence[Address] = (),
        funding: paying.Funding | None = None,
        chain: Chain | None = None,
    ) -> Dao:
        """Deploys the four contracts; `direct` accounts hold the timelock's roles beside the governor.

        With `funding` there is a distributor, and the treasury allows it to draw where it does.

        `tiers` are approval and quorum by number of the tier; without them nothing is listed, and
        the highest needs `quorum` and half of the votes.
        """
        chain = chain or Chain()
        people = tuple(checksum(Account.from_key(keccak(b"holder %d" % i)).address) for i in range(holders))
        guardian = checksum(keccak(b"guardian")[:20])
        nonce = chain.nonce(DEPLOYER)
        timelock, token, governor = (create_address(DEPLOYER, nonce + i) for i in range(3))
        writers = [governor, *direct]
        chain.deploy(load("TimelockController").creation_code(min_delay, writers, writers, ZERO_ADDRESS))
        grants = [(person, 1_000 * 10**18 * (i + 1)) for i, person in enumerate(people)]
        if funding == "treasury":
            grants.append((timelock, paying.TREASURY))
        minters = [timelock, create_address(DEPLOYER, nonce + 5)] if funding == "mint" else [timelock]
        chain.deploy(load("RewardToken").creation_code("Reward", "RWD", 18, MILLION, timelock, minters, grants))
        listed = [
            (token, TOKEN.function("transfer").selector, int(Tier.STANDARD)),
            (token, TOKEN.function("mint").selector, int(Tier.ISSUANCE)),
        ]
        configuration = (
            "Reward", token, timelock, guardian, DELAY, PERIOD, threshold,
            tiers or [(5_000, quorum), (5_000, 0), (5_000, 0)],
            listed if tiers else [], [token], EXTENSION, GRACE,
        )  # fmt: skip
        assert chain.deploy(load("RewardGovernor").creation_code(configuration)) == governor
        changes = (
            AddStream("compute"),
            AddStream("data"),
            AddStream("compute/jobs"),
            SetSchedule(ROOT, (Segment(0, Geometric(amount=10**21, numerator=9, denominator=10, every=4)),)),
            SetSchedule("data", (Segment(0, Constant(10**19)),)),
            AddStream("map"),
            SetSchedule("map", (Segment(0, Metered(10**18)),)),
            SetReporter("map", Reporter(account=people[0], maximum=10**18)),
            SetSplit(ROOT, Split(0, (Part("data", Allocation.CARVE_OUT), Part("compute", Allocation.RESIDUAL)))),
        )
        policy = chain.deploy(policy_code(chain.deploy, timelock, START - 10 * EPOCH, EPOCH, changes))
        payer = None
        if funding is not None:
            payer = chain.deploy(paying.deployed(token, timelock, policy, guardian, funding))
            assert payer == create_address(DEPLOYER, nonce + 5)
            chain.allow(token, timelock, payer, paying.TREASURY)
        addresses = Addresses(token=token, timelock=timelock, governor=governor, policy=policy, distributor=payer)
        bundler = chain.deploy(load("TimelockController").creation_code(0, [DEPLOYER], [DEPLOYER], ZERO_ADDRESS))
        chain.advance(1)
        dao = cls(chain, addresses, people, guardian, bundler)
        dao.token(people[0], "transfer", bundler, 500 * 10**18)
        return dao

    def replay(self) -> GovernanceState:
        """The replayed state after everything so far."""
        return replay(self.logs, self.addresses)

    def audit(self) -> AuditReport:
        """The audit of everything so far, the contracts asked at the present block."""
        return audit(
            self.logs,
            self.addresses,
            self.chain,
            chain_id=self.chain.chain_id,
            from_block=0,
            to_block=self.chain.number,
            timepoint=self.chain.timestamp,
        )

    @property
    def logs(self) -> list[RawLog]:
        """The logs of the deployment's contracts so far."""
        known = self.addresses
        mine = {known.token, known.timelock, known.governor, known.policy, known.distributor}
        return [log for log in self.chain.logs if log.address in mine]

    # ------------------------------------------------------------ asking

    def ask(self, address: Address, abi: ContractAbi, function: str, *arguments: Any) -> Any:
        """What a view answers now; the value itself where it is one."""
        values = self.chain.views([View(address, abi.function(function), arguments)])[0]
        return values[0] if len(values) == 1 else values

    def state(self, proposal: int) -> int:
        """`RewardGovernor.state`."""
        return int(self.ask(self.addresses.governor, GOVERNOR, "state", proposal))

    # ------------------------------------------------------------ acting

    def token(self, sender: Address, function: str, *arguments: Any) -> None:
        """Sends a transaction to the token."""
        self.chain.send(sender, self.addresses.token, TOKEN.function(function).encode_call(*arguments))

    def governor(self, sender: Address, function: str, *arguments: Any) -> bytes:
        """Sends a transaction to the governor."""
        return self.chain.send(sender, self.addresses.governor, GOVERNOR.function(function).encode_call(*arguments))

    def report(self, sender: Address, stream: str, epoch: int, value: int) -> None:
        """Reports to the policy."""
        calldata = POLICY.function("report").encode_call(stream_id(stream), epoch, value)
        self.chain.send(sender, self.addresses.policy, calldata)

    def timelock(self, sender: Address, function: str, *arguments: Any) -> None:
        """Sends a transaction to the timelock."""
        self.chain.send(sender, self.addresses.timelock, TIMELOCK.function(function).encode_call(*arguments))

    def bundle(self, calls: Sequence[Call]) -> None:
        """Has the bundler make several calls in one transaction; it holds tokens and may vote."""
        self._bundles += 1
        columns = Contents(tuple(calls), "").columns
        arguments = (*columns, bytes(32), self._bundles.to_bytes(32, "big"))
        abi = TIMELOCK
        self.chain.send(DEPLOYER, self.bundler, abi.function("scheduleBatch").encode_call(*arguments, 0))
        self.chain.send(DEPLOYER, self.bundler, abi.function("executeBatch").encode_call(*arguments))

    def propose(self, proposer: Address, calls: Sequence[Call], description: str = "A proposal") -> int:
        """Makes a proposal and returns its id."""
        contents = Contents(tuple(calls), description)
        identifier = int.from_bytes(self.governor(proposer, "propose", *contents.columns, description), "big")
        self.contents[identifier] = contents
        return identifier

    def vote(self, voter: Address, proposal: int, support: Support, split: tuple[int, int, int] | None = None) -> None:
        """Casts a ballot; `split` is wei against, for and abstain."""
        if split is None:
            self.governor(voter, "castVote", proposal, int(support))
        else:
            params = b"".join(part.to_bytes(16, "big") for part in split)
            self.governor(voter, "castVoteWithReasonAndParams", proposal, int(Support.FRACTIONAL), "", params)

    def vote_by_signature(self, index: int, proposal: int, support: Support, relayer: Address) -> None:
        """Lets `relayer` cast the ballot that holder number `index` signed (EIP-712)."""
        voter = self.holders[index]
        nonce = self.ask(self.addresses.governor, GOVERNOR, "nonces(address,uint192)", voter, _ballot_key(proposal))
        message = {"proposalId": proposal, "support": int(support), "voter": voter, "nonce": nonce}
        kinds = {"proposalId": "uint256", "support": "uint8", "voter": "address", "nonce": "uint256"}
        signature = self._sign(index, "Ballot", kinds, message)
        self.governor(relayer, "castVoteBySig", proposal, int(support), voter, signature)

    def vote_in_batch(self, proposal: int, votes: Sequence[tuple[int, int]], relayer: Address) -> None:
        """Lets `relayer` cast full ballots in one transaction: number of the holder who signed each, and its support.

        A ballot of an unknown support is signed as one that abstains.
        """
        ballots = []
        for index, support in votes:
            voter = self.holders[index]
            message = {
                "choice": ("Against", "For", "Abstain")[min(support, 2)],
                "proposalId": proposal,
                "voter": voter,
            }
            kinds = {"choice": "string", "proposalId": "uint256", "voter": "address"}
            signature = self._sign(index, "FullBallot", kinds, message)
            half = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
            ballots.append((voter, support, signature[:32], half.to_bytes(32, "big")))
        self.governor(relayer, "castVotesBySig", proposal, ballots)

    def _sign(self, index: int, name: str, kinds: Mapping[str, str], message: Mapping[str, Any]) -> bytes:
        """What holder number `index` signs (EIP-712, in the governor's domain), 65 bytes."""
        signable = encode_typed_data(
            {
                "name": "Reward",
                "version": "1",
                "chainId": self.chain.chain_id,
                "verifyingContract": self.addresses.governor,
            },
            {name: [{"name": field, "type": kind} for field, kind in kinds.items()]},
            dict(message),
        )
        return bytes(Account.sign_message(signable, keccak(b"holder %d" % index)).signature)

    def carry(self, proposal: int, verb: str, sender: Address | None = None) -> None:
        """Queues, executes, cancels or purges a proposal."""
        sender = sender or (self.guardian if verb == "cancel" else self.holders[0])
        self.governor(sender, verb, *self.contents[proposal].hashed)

    def pass_proposal(self, calls: Sequence[Call], description: str = "A proposal") -> int:
        """Carries a proposal from its making to its execution; holder 0 has all the votes that it needs."""
        voter = self.holders[-1]
        proposal = self.propose(voter, calls, description)
        self.chain.advance(DELAY + 1)
        self.vote(voter, proposal, Support.FOR)
        self.chain.advance(PERIOD + EXTENSION + 1)
        self.carry(proposal, "queue")
        self.chain.advance(self.ask(self.addresses.timelock, TIMELOCK, "getMinDelay"))
        self.carry(proposal, "execute")
        return proposal

    # ------------------------------------------------------------ calls for proposals

    def call_token(self, function: str, *arguments: Any) -> Call:
        return Call(self.addresses.token, 0, TOKEN.function(function).encode_call(*arguments))

    def call_governor(self, function: str, *arguments: Any) -> Call:
        return Call(self.addresses.governor, 0, GOVERNOR.function(function).encode_call(*arguments))

    def call_timelock(self, function: str, *arguments: Any) -> Call:
        return Call(self.addresses.timelock, 0, TIMELOCK.function(function).encode_call(*arguments))

    def call_policy(self, function: str, *arguments: Any) -> Call:
        return Call(self.addresses.policy, 0, POLICY.function(function).encode_call(*arguments))


ROOT_ID = stream_id("root")

ALLOWANCES = 1
"""The slot of `ERC20._allowances` in RewardToken."""


def _member(slot: int, account: Address) -> int:
    """Where the value of `account` lies in the mapping at `slot`."""
    return int.from_bytes(keccak(bytes(12) + bytes.fromhex(account[2:]) + slot.to_bytes(32, "big")), "big")


def create_address(deployer: Address, nonce: int) -> Address:
    """The address of the contract that `deployer` creates with `nonce`, which is below 128."""
    assert nonce < 128
    encoded = b"\xd6\x94" + bytes.fromhex(deployer[2:]) + bytes([nonce or 0x80])
    return checksum(keccak(encoded)[12:])


def _ballot_key(proposal: int) -> int:
    return proposal & (2**192 - 1)
