#!/bin/sh
# Resolves both lock files anew: versions and hashes, no download addresses.
set -eu
cd "$(dirname "$0")/.."

sh toolchain/require.sh python "${PYTHON:=python3}"
sh toolchain/require.sh node

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

echo "== requirements.lock"
"$PYTHON" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv
# From nothing, so that every version is the newest that fits; for every system and every Python from 3.10.
"$work/venv/bin/uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
    --no-header --output-file "$work/requirements.lock" pyproject.toml requirements.in

echo "== package-lock.json"
# In an empty folder: with node_modules present, npm records this system's packages only.
cp package.json .npmrc "$work/"
(
    cd "$work"
    npm install --package-lock-only --ignore-scripts --loglevel=error
    node "$OLDPWD/toolchain/complete.cjs" package-lock.json
    npm ci --dry-run --ignore-scripts --loglevel=error
)

cp "$work/requirements.lock" requirements.lock
cp "$work/package-lock.json" package-lock.json
echo "both lock files are written; run make test before you commit them"
