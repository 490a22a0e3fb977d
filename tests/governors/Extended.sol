// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/utils/VotesExtended.sol";
import "oz/token/ERC20/extensions/ERC20Votes.sol";
import "oz/utils/cryptography/EIP712.sol";

/// @dev Remembers balances and delegates, so that ballots can be overridden.
contract ExtendedToken is ERC20Votes, VotesExtended {
    bool private immutable _seconds;

    constructor(bool inSeconds) ERC20("Token", "TOK") EIP712("Token", "1") {
        _seconds = inSeconds;
    }

    function clock() public view override returns (uint48) {
        return uint48(_seconds ? block.timestamp : block.number);
    }

    function CLOCK_MODE() public view override returns (string memory) {
        return _seconds ? "mode=timestamp" : "mode=blocknumber&from=default";
    }

    function mint(address to, uint256 value) external {
        _mint(to, value);
    }

    function burn(uint256 value) external {
        _burn(msg.sender, value);
    }

    function _delegate(address account, address to) internal override(Votes, VotesExtended) {
        super._delegate(account, to);
    }

    function _transferVotingUnits(address from, address to, uint256 n) internal override(Votes, VotesExtended) {
        super._transferVotingUnits(from, to, n);
    }
}
