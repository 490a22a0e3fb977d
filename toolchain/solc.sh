#!/bin/sh
# Runs the npm package "solc" as if it were the native compiler: answers --version and --standard-json.
exec node "$(dirname "$(readlink -f "$0")")/solc.cjs" "$@"
