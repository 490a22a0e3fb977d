// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

interface IComp {
    function getPriorVotes(address account, uint256 blockNumber) external view returns (uint96);
}

interface ICompTimelock {
    function delay() external view returns (uint256);
    function GRACE_PERIOD() external view returns (uint256);
    function acceptAdmin() external;
    function queuedTransactions(bytes32 id) external view returns (bool);
    function queueTransaction(address to, uint256 value, string calldata sig, bytes calldata data, uint256 eta) external;
    function cancelTransaction(address to, uint256 value, string calldata sig, bytes calldata data, uint256 eta) external;
    function executeTransaction(address to, uint256 value, string calldata sig, bytes calldata data, uint256 eta)
        external
        payable;
}

/// @dev Compound's governor, written against its interface and events: same states, same rules, same order of logs.
contract Bravo {
    enum ProposalState { Pending, Active, Canceled, Defeated, Succeeded, Queued, Expired, Executed }

    struct Receipt {
        bool hasVoted;
        uint8 support;
        uint96 votes;
    }

    struct Proposal {
        address proposer;
        uint256 eta;
        address[] targets;
        uint256[] values;
        string[] signatures;
        bytes[] calldatas;
        uint256 startBlock;
        uint256 endBlock;
        uint256[3] votes;
        bool canceled;
        bool executed;
        mapping(address voter => Receipt) receipts;
    }

    event ProposalCreated(
        uint256 id,
        address proposer,
        address[] targets,
        uint256[] values,
        string[] signatures,
        bytes[] calldatas,
        uint256 startBlock,
        uint256 endBlock,
        string description
    );
    event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 votes, string reason);
    event ProposalCanceled(uint256 id);
    event ProposalQueued(uint256 id, uint256 eta);
    event ProposalExecuted(uint256 id);
    event VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay);
    event VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod);
    event ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold);
    event WhitelistAccountExpirationSet(address account, uint256 expiration);
    event WhitelistGuardianSet(address oldGuardian, address newGuardian);

    string public constant name = "Compound Governor Bravo";

    IComp public immutable comp;
    ICompTimelock public immutable timelock;
    address public immutable admin;
    uint256 public immutable initialProposalId;
    uint256 public proposalCount;
    uint256 public votingDelay;
    uint256 public votingPeriod;
    uint256 public proposalThreshold;
    address public whitelistGuardian;
    mapping(address account => uint256) public whitelistAccountExpirations;
    mapping(uint256 id => Proposal) private _proposals;

    constructor(IComp comp_, ICompTimelock timelock_, uint256 delay_, uint256 period_, uint256 threshold_, uint256 first_) {
        comp = comp_;
        timelock = timelock_;
        admin = address(timelock_);
        votingDelay = delay_;
        votingPeriod = period_;
        proposalThreshold = threshold_;
        initialProposalId = first_;
        proposalCount = first_;
    }

    modifier onlyAdmin() {
        require(msg.sender == admin);
        _;
    }

    function quorumVotes() public pure returns (uint256) {
        return 400;
    }

    function begin() external {
        timelock.acceptAdmin();
    }

    function propose(
        address[] memory targets,
        uint256[] memory values,
        string[] memory signatures,
        bytes[] memory calldatas,
        string memory description
    ) public returns (uint256) {
        require(
            comp.getPriorVotes(msg.sender, block.number - 1) > proposalThreshold
                || whitelistAccountExpirations[msg.sender] > block.timestamp
        );
        require(targets.length == values.length && targets.length == signatures.length);
        require(targets.length == calldatas.length && targets.length != 0 && targets.length <= 10);
        uint256 id = ++proposalCount;
        Proposal storage made = _proposals[id];
        made.proposer = msg.sender;
        made.targets = targets;
        made.values = values;
        made.signatures = signatures;
        made.calldatas = calldatas;
        made.startBlock = block.number + votingDelay;
        made.endBlock = made.startBlock + votingPeriod;
        emit ProposalCreated(
            id, msg.sender, targets, values, signatures, calldatas, made.startBlock, made.endBlock, description
        );
        return id;
    }

    function queue(uint256 id) external {
        require(state(id) == ProposalState.Succeeded);
        Proposal storage made = _proposals[id];
        uint256 eta = block.timestamp + timelock.delay();
        for (uint256 i = 0; i < made.targets.length; i++) {
            bytes32 hash =
                keccak256(abi.encode(made.targets[i], made.values[i], made.signatures[i], made.calldatas[i], eta));
            require(!timelock.queuedTransactions(hash));
            timelock.queueTransaction(made.targets[i], made.values[i], made.signatures[i], made.calldatas[i], eta);
        }
        made.eta = eta;
        emit ProposalQueued(id, eta);
    }

    function execute(uint256 id) external payable {
        require(state(id) == ProposalState.Queued);
        Proposal storage made = _proposals[id];
        made.executed = true;
        for (uint256 i = 0; i < made.targets.length; i++) {
            timelock.executeTransaction{value: made.values[i]}(
                made.targets[i], made.values[i], made.signatures[i], made.calldatas[i], made.eta
            );
        }
        emit ProposalExecuted(id);
    }

    function cancel(uint256 id) external {
        require(state(id) != ProposalState.Executed);
        Proposal storage made = _proposals[id];
        if (msg.sender != made.proposer) {
            uint256 votes = comp.getPriorVotes(made.proposer, block.number - 1);
            bool listed = whitelistAccountExpirations[made.proposer] > block.timestamp;
            require(votes < proposalThreshold && (!listed || msg.sender == whitelistGuardian));
        }
        made.canceled = true;
        for (uint256 i = 0; i < made.targets.length; i++) {
            timelock.cancelTransaction(
                made.targets[i], made.values[i], made.signatures[i], made.calldatas[i], made.eta
            );
        }
        emit ProposalCanceled(id);
    }

    function state(uint256 id) public view returns (ProposalState) {
        require(id > initialProposalId && id <= proposalCount);
        Proposal storage made = _proposals[id];
        if (made.canceled) return ProposalState.Canceled;
        if (block.number <= made.startBlock) return ProposalState.Pending;
        if (block.number <= made.endBlock) return ProposalState.Active;
        if (made.votes[1] <= made.votes[0] || made.votes[1] < quorumVotes()) return ProposalState.Defeated;
        if (made.eta == 0) return ProposalState.Succeeded;
        if (made.executed) return ProposalState.Executed;
        if (block.timestamp >= made.eta + timelock.GRACE_PERIOD()) return ProposalState.Expired;
        return ProposalState.Queued;
    }

    function castVote(uint256 id, uint8 support) external {
        require(state(id) == ProposalState.Active && support <= 2);
        Proposal storage made = _proposals[id];
        Receipt storage receipt = made.receipts[msg.sender];
        require(!receipt.hasVoted);
        uint96 votes = comp.getPriorVotes(msg.sender, made.startBlock);
        made.votes[support] += votes;
        made.receipts[msg.sender] = Receipt(true, support, votes);
        emit VoteCast(msg.sender, id, support, votes, "");
    }

    function proposals(uint256 id)
        external
        view
        returns (uint256, address, uint256, uint256, uint256, uint256, uint256, uint256, bool, bool)
    {
        Proposal storage p = _proposals[id];
        return (
            id, p.proposer, p.eta, p.startBlock, p.endBlock, p.votes[1], p.votes[0], p.votes[2], p.canceled, p.executed
        );
    }

    function getReceipt(uint256 id, address voter) external view returns (Receipt memory) {
        return _proposals[id].receipts[voter];
    }

    function _setVotingDelay(uint256 value) external onlyAdmin {
        emit VotingDelaySet(votingDelay, value);
        votingDelay = value;
    }

    function _setVotingPeriod(uint256 value) external onlyAdmin {
        emit VotingPeriodSet(votingPeriod, value);
        votingPeriod = value;
    }

    function _setProposalThreshold(uint256 value) external onlyAdmin {
        emit ProposalThresholdSet(proposalThreshold, value);
        proposalThreshold = value;
    }

    function _setWhitelistAccountExpiration(address account, uint256 expiration) external onlyAdmin {
        whitelistAccountExpirations[account] = expiration;
        emit WhitelistAccountExpirationSet(account, expiration);
    }

    function _setWhitelistGuardian(address account) external onlyAdmin {
        emit WhitelistGuardianSet(whitelistGuardian, account);
        whitelistGuardian = account;
    }
}
