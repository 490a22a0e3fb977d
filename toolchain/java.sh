#!/bin/sh
# Installs the Java 17 that Spark runs on where no Java 17 or later is there; on Debian and Ubuntu, as root or by sudo.
set -eu

major() { java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1; }

if command -v java >/dev/null && [ "$(major)" -ge 17 ] 2>/dev/null; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "reward-dao: Spark needs Java 17 or later; install one and put java on the PATH" >&2
    exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless
