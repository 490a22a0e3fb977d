// SPDX-License-Identifier: Apache-2.0
// A hostile ERC-20 that anybody mints, and that calls somebody back in the middle of every movement.
pragma solidity ^0.8.35;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Reenterer} from "./Reenterer.sol";

/// @title CallbackToken
contract CallbackToken is ERC20 {
    Reenterer private _hook;
    address private _target;

    constructor() ERC20("Callback", "CLB") {}

    /// @notice Lets `hook` poke `target` in the next movement of tokens.
    function arm(Reenterer hook, address target) external {
        (_hook, _target) = (hook, target);
    }

    /// @notice Mints `amount`, in the token's smallest unit, to `to`. Anybody may call it.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        Reenterer hook = _hook;
        if (address(hook) == address(0)) return;
        // Once, so that what the hook moves does not call it again.
        _hook = Reenterer(address(0));
        hook.poke(_target);
    }
}
