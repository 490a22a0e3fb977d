"""The calls of a proposal as the actions of a proposal file, streams named by their paths."""

from __future__ import annotations

from dao.lifecycle.prepare import context_of
from dao.lifecycle.session import Session
from dao.proposal.actions import Action
from dao.proposal.decoding import decode_calls
from dao.rewards.policy import Policy
from dao.rewards.streams import stream_id
from dao.types import Call


def decode(session: Session, calls: tuple[Call, ...], policy: Policy) -> tuple[Action, ...]:
    """The actions that `calls` are, streams named by their paths."""
    return decode_calls(calls, context_of(session), {stream_id(path): path for path in policy.streams})
