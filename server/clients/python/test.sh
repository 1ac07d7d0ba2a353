#!/usr/bin/env bash
# Runs the tests of the Python client against target/debug/server: `server/clients/python/test.sh -k track` runs some.
set -euo pipefail
cd "$(dirname "$0")/../../.."
source frontend/tools.sh
cd server/clients/python
exec "$python_root/bin/python" -m pytest "$@"
