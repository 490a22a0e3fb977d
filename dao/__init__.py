"""reward-dao: votes on how a network rewards compute and data, made binding on chain and provable from its logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dao.policy import RewardPolicy

__all__ = ["RewardPolicy"]


def __getattr__(name: str) -> Any:
    """Imports what other programs use when they first ask for it, so that `import dao` stays light."""
    if name in __all__:
        from dao import policy

        return getattr(policy, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
