// SPDX-License-Identifier: Apache-2.0
// How long payouts wait and live, and who may void them: set by the timelock alone.
pragma solidity ^0.8.35;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title DistributorTerms
/// @notice New terms hold for publications made after them; what stands keeps the times that it was published with.
/// @dev The owner is the timelock from construction on.
abstract contract DistributorTerms is Ownable {
    /// @notice Durations, in seconds.
    /// challengeWindow: from a publication to the opening of its claims; disputes are made meanwhile.
    /// disputeHold: the most by which open disputes put that off.
    /// claimPeriod: from the latest possible opening to the moment at which what is unclaimed lapses.
    struct Terms {
        uint32 challengeWindow;
        uint32 disputeHold;
        uint32 claimPeriod;
    }

    /// @notice The shortest claim period, in seconds.
    uint32 public constant MIN_CLAIM_PERIOD = 1 days;

    Terms private _terms;

    /// @notice Who may void publications; zero for nobody.
    address public guardian;

    /// @notice Publications from now on have these durations, in seconds.
    event TermsSet(uint32 challengeWindow, uint32 disputeHold, uint32 claimPeriod);

    /// @notice Who may void publications from now on.
    event GuardianSet(address indexed previous, address indexed guardian);

    /// @notice Nobody could claim in such a short time; in seconds.
    error RewardDistributorClaimPeriodTooShort(uint32 claimPeriod, uint32 minimum);

    /// @notice Only the guardian voids.
    error RewardDistributorNotGuardian(address account, address guardian);

    /// @param terms_ The first durations.
    /// @param guardian_ The first guardian; zero for nobody.
    constructor(Terms memory terms_, address guardian_) {
        _setTerms(terms_);
        _setGuardian(guardian_);
    }

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert RewardDistributorNotGuardian(msg.sender, guardian);
        _;
    }

    /// @notice The durations that a publication made now would have.
    function terms() public view virtual returns (Terms memory) {
        return _terms;
    }

    /// @notice Sets the durations of publications from now on. Only the owner.
    function setTerms(Terms calldata terms_) public virtual onlyOwner {
        _setTerms(terms_);
    }

    /// @notice Sets who may void publications; zero for nobody. Only the owner.
    function setGuardian(address guardian_) public virtual onlyOwner {
        _setGuardian(guardian_);
    }

    function _setTerms(Terms memory terms_) private {
        if (terms_.claimPeriod < MIN_CLAIM_PERIOD) {
            revert RewardDistributorClaimPeriodTooShort(terms_.claimPeriod, MIN_CLAIM_PERIOD);
        }
        _terms = terms_;
        emit TermsSet(terms_.challengeWindow, terms_.disputeHold, terms_.claimPeriod);
    }

    function _setGuardian(address guardian_) private {
        emit GuardianSet(guardian, guardian_);
        guardian = guardian_;
    }
}
