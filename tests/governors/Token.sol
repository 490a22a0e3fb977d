// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/token/ERC20/extensions/ERC20Votes.sol";
import "oz/utils/cryptography/EIP712.sol"; //: >=5.0

/// @dev Anybody mints and burns: the tests decide who does.
contract Token is ERC20Votes {
    bool private immutable _seconds;

    constructor(bool inSeconds)
        ERC20("Token", "TOK")
        ERC20Permit("Token") //: <5.0
        EIP712("Token", "1") //: >=5.0
    {
        _seconds = inSeconds;
    }

    function clock() public view override returns (uint48) { //: >=4.9
        return uint48(_seconds ? block.timestamp : block.number); //: >=4.9
    } //: >=4.9

    function CLOCK_MODE() public view override returns (string memory) { //: >=4.9
        return _seconds ? "mode=timestamp" : "mode=blocknumber&from=default"; //: >=4.9
    } //: >=4.9

    function mint(address to, uint256 value) external {
        _mint(to, value);
    }

    function burn(uint256 value) external {
        _burn(msg.sender, value);
    }
}
