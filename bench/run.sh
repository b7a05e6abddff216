#!/bin/sh
# Installs what is missing, builds Larder, Redka and the benchmark, and runs it. Flags are the benchmark's: --help.
set -eu
cd "$(dirname "$0")"

missing=
command -v redis-server >/dev/null || missing="$missing redis-server"
command -v redis-benchmark >/dev/null || missing="$missing redis-tools"
/usr/bin/python3 -c 'import diskcache, redis' 2>/dev/null || missing="$missing python3-diskcache python3-redis"
command -v cc >/dev/null || missing="$missing gcc libc6-dev"
if [ -n "$missing" ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get install -y --no-install-recommends $missing >/dev/null ||
			{ apt-get update >/dev/null && apt-get install -y --no-install-recommends $missing >/dev/null; } ||
			echo "bench: could not install$missing; going on without" >&2
	else
		echo "bench: going on without$missing; a root user could apt-get install them" >&2
	fi
fi

mkdir -p out/bin
(cd .. && CGO_ENABLED=0 go build -o bench/out/bin/larder .)
# Redka's own server needs a C compiler for its SQLite driver.
CGO_ENABLED=1 go build -o out/bin/redka github.com/nalgeon/redka/cmd/redka || echo "bench: Redka cannot be built; going on without" >&2
CGO_ENABLED=0 go build -o out/bin/bench .
exec out/bin/bench "$@"
