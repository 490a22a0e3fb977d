#!/bin/sh
# Says in one sentence what is missing before a set-up step fails halfway: require.sh python COMMAND | require.sh node
set -eu

fail() {
    echo "reward-dao: $1" >&2
    exit 1
}

case "$1" in
python)
    command -v "$2" >/dev/null || fail "Python 3.10 or later is needed and '$2' is not there; give its name with PYTHON=…"
    "$2" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "Python 3.10 or later is needed, '$2' is $("$2" -V 2>&1); give another one with PYTHON=…"
    "$2" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "'$2' lacks the venv module; on Debian and Ubuntu install the package python3-venv"
    ;;
node)
    command -v node >/dev/null || fail "Node.js 20 or later is needed and 'node' is not there"
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
        fail "Node.js 20 or later is needed, found $(node --version)"
    command -v npm >/dev/null || fail "npm is needed and not there; it comes with Node.js, on Debian in the package npm"
    ;;
*)
    fail "require.sh: expected python or node, found '$1'"
    ;;
esac
