// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/Governor.sol";
import "oz/governance/utils/IVotes.sol";
import "oz/governance/extensions/GovernorCountingSimple.sol";
import "oz/governance/extensions/GovernorVotes.sol";

/// @dev Constants, a quorum of each snapshot, and no timelock: whatever its logs do not tell must be asked.
contract Constant is Governor, GovernorCountingSimple, GovernorVotes {
    constructor(IVotes token_) Governor("Governor") GovernorVotes(token_) {}

    function votingDelay() public pure override returns (uint256) {
        return 3;
    }

    function votingPeriod() public pure override returns (uint256) {
        return 15;
    }

    function quorum(uint256 at) public pure override returns (uint256) {
        return 3 + (at % 3);
    }

    function proposalThreshold() public pure override returns (uint256) {
        return 1;
    }
}
