// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/token/ERC721/extensions/ERC721Votes.sol";
import "oz/utils/cryptography/EIP712.sol";

/// @dev One token, one vote.
contract Collection is ERC721Votes {
    uint256 private _made;

    constructor(bool) ERC721("Token", "TOK") EIP712("Token", "1") {}

    function mint(address to) external {
        _mint(to, ++_made);
    }
}
