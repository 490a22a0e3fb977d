#!/bin/sh
# Installs the Chromium that opens the audit's report where none is there; on Debian and Ubuntu, as root or by sudo.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
        exit 0
    fi
done
if ! command -v apt-get >/dev/null; then
    echo "reward-dao: the report's tests need Chromium; install it and put chromium on the PATH" >&2
    exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium
