"""A forecast as JSON: every range of epochs in which nothing moves, and the sums."""

from __future__ import annotations

from typing import Any

from dao.document.quantities import Units
from dao.lifecycle.forecast import Forecast


def forecast_json(forecast: Forecast, unit: Units) -> dict[str, Any]:
    """Amounts in the smallest unit, as decimal strings; null where they wait for a report."""
    policy, horizon = forecast.policy, forecast.horizon
    lines = (forecast.root, *(line for line in forecast.lines if line.stream != forecast.root.stream))
    return {
        "name": forecast.name,
        "policy_hash": "0x" + policy.hash.hex(),
        "symbol": unit.symbol,
        "decimals": unit.decimals,
        "first_epoch": horizon.first,
        "last_epoch": horizon.last,
        "genesis": policy.genesis if forecast.dated else None,
        "epoch_length": policy.epoch_length,
        "totals": [{"stream": line.stream, "amount": str(line.total), "waiting": line.waiting} for line in lines],
        "steps": [
            {
                "first_epoch": first,
                "last_epoch": last,
                "start": policy.start_of(first) if forecast.dated else None,
                "amounts": {line.stream: _text(line.amounts[first - horizon.first]) for line in lines},
            }
            for first, last in forecast.steps()
        ],
    }


def _text(amount: int | None) -> str | None:
    return None if amount is None else str(amount)
