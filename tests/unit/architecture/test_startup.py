"""`dao --help` answers without loading the heavy libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    *("web3", "eth_account", "eth_abi", "rich", "pydantic", "yaml", "requests", "dao.chain", "dao.proposal"),
    *("ibis", "duckdb", "pyspark", "pyarrow", "numpy", "sha3"),
)
LOADED = """
import sys
sys.argv = ["dao", *{arguments!r}]
try:
    from dao.commands import main
    main()
except SystemExit as ended:
    code = ended.code
print("modules:", *sorted(sys.modules), "exit:", code or 0)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=arguments)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    *output, last = result.stdout.splitlines()
    assert output, "nothing was printed"
    modules = last.split()
    assert modules[0] == "modules:"
    assert modules[-2:] == ["exit:", "0"]
    assert "click" in modules
    assert [name for name in HEAVY if name in modules] == []
