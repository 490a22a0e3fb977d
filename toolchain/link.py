"""Links the compiler and the local chain of node_modules to the places where Brownie and the tests look for them."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def link(path: Path, target: Path) -> None:
    """Makes `path` a relative symbolic link to `target`, whatever it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    up = Path(*[".."] * len(path.parent.relative_to(ROOT).parts))
    path.symlink_to(up / target.relative_to(ROOT))


def link_compiler() -> str | None:
    """Gives the npm compiler the name under which Brownie looks for it; returns what is wrong, if anything."""
    config = yaml.safe_load((ROOT / "brownie-config.yaml").read_text(encoding="utf-8"))
    wanted = config["compiler"]["solc"]["version"]
    found = json.loads((MODULES / "solc" / "package.json").read_text(encoding="utf-8"))["version"]
    if wanted != found:
        return f"brownie-config.yaml asks for solc {wanted}, package.json installs {found}; make them equal"
    shutil.rmtree(ROOT / ".toolchain" / "solcx", ignore_errors=True)
    link(ROOT / ".toolchain" / "solcx" / f"solc-v{wanted}", ROOT / "toolchain" / "solc.sh")
    return None


def link_chain() -> str | None:
    """Puts anvil into node_modules/.bin; returns what is wrong, if anything.

    npm should, and npm 10 does not: each system's package declares a command of that name, and on a collision it links
    none of them, installed or not.
    """
    system, machine = platform.system().lower(), platform.machine().lower()
    binary = MODULES / "@foundry-rs" / f"anvil-{system}-{ARCHITECTURES.get(machine, machine)}" / "bin" / "anvil"
    if binary.exists():
        link(MODULES / ".bin" / "anvil", binary)
        return None
    if shutil.which("anvil"):
        return None
    return f"npm has no anvil for {system} on {machine}; install Foundry so that `anvil` is on the PATH"


def main() -> int:
    """Makes both links; 1 when one of them cannot be made."""
    problems = [problem for problem in (link_compiler(), link_chain()) if problem]
    for problem in problems:
        print(f"reward-dao: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
