#!/bin/bash
# The one test command.
#
#   ./test.sh            everything that gates a change
#   ./test.sh --full     the long forms as well: fuzzing, more random operations, jobs and deaths, more power cuts,
#                        -race on integration; and how much of the code the unit tests run
#
# As root on Debian it installs what it lacks; elsewhere it says what to install. It uses
# only ports it picks itself, and leaves nothing behind but its cache of Redis's source and
# of npm's packages in ${LARDER_SCRATCH:-/var/tmp/larder-scratch}.
set -uo pipefail
cd "$(dirname "$0")"
# The server is built without cgo; what is compiled for one stage serves the others. Only the race detector needs cgo.
export CGO_ENABLED=0

full=no
case ${1:-} in
"") ;;
--full) full=yes ;;
*) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2
# package and the command or path that shows it is there
python=/usr/lib/python3/dist-packages
needs=(gcc:gcc libc6-dev:/usr/include/stdlib.h dpkg-dev:dpkg-source util-linux:flock util-linux:unshare xz-utils:xz patch:patch
	redis-server:redis-server redis-tools:redis-cli tcl:tclsh ca-certificates:/etc/ssl/certs git:git
	nodejs:node npm:npm python3-redis:$python/redis python3-django:$python/django python3-django-redis:$python/django_redis
	python3-rq:rq python3-celery:$python/celery ruby-sidekiq:sidekiq php-cli:php php-redis:/usr/share/doc/php-redis)

summary=() why=() failed=0

# stage NAME COMMAND...: runs it, prints its seconds, remembers its outcome. What says why it
# failed is said again after the summary: of a long log people see the end.
stage() {
	local name=$1 began=$SECONDS outcome=ok log
	shift
	printf '\n== %s\n' "$name"
	log=$(mktemp)
	if ! "$@" 2>&1 | tee "$log"; then
		outcome=FAILED failed=1
		why+=("$name: $(grep -aE -A4 '^ *--- FAIL|^FAIL|^panic:|DATA RACE|not passed:|IN PROGRESS|cut short|error:' "$log" | head -c 3000)")
	fi
	rm -f "$log"
	printf -- '-- %s: %s, %d s\n' "$name" "$outcome" $((SECONDS - began))
	summary+=("$(printf '%-14s %-7s %4d s' "$name" "$outcome" $((SECONDS - began)))")
}

have() { case $1 in /*) [ -e "$1" ] ;; *) command -v "$1" >/dev/null ;; esac; }

missing() {
	local n
	for n in "${needs[@]}"; do have "${n#*:}" || echo "${n%%:*}"; done
	[ -n "$(apt-cache dumpavail 2>/dev/null | head -1)" ] || echo apt-index
}

# install adds what is missing without letting packages start their services: Debian's
# redis-server would take port 6379.
install() {
	local packages policy=/usr/sbin/policy-rc.d kept=
	packages=$(missing)
	if [ -z "$packages" ]; then
		echo "nothing is missing"
		return 0
	fi
	packages=$(grep -vx apt-index <<<"$packages")
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "missing: ${packages//$'\n'/ }; as root: apt-get update && apt-get install ${packages//$'\n'/ }"
		return 1
	fi
	apt-get update -q || return 1
	[ -n "$packages" ] || return 0
	if [ -e $policy ]; then
		kept=$(mktemp) && cp -p $policy "$kept"
	fi
	printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
	local outcome=$?
	if [ -n "$kept" ]; then
		mv "$kept" $policy
	else
		rm -f $policy
	fi
	return $outcome
}

go_there() {
	command -v go >/dev/null || { echo "go is not installed; see README.md for the version and where to get it"; return 1; }
	go version
}

formatted() {
	local files
	files=$(gofmt -l $(git ls-files '*.go' 2>/dev/null || find . -name '*.go'))
	[ -z "$files" ] || { echo "not formatted by gofmt:"; echo "$files"; return 1; }
}

# ours are our packages without the integration tests, those first that take longest: two run side by side.
ours() {
	local slow=(./shard ./store/sqlite ./resp ./store/memtable ./cli ./store ./cull)
	go list "${slow[@]}"
	go list ./... | grep -v '/integration\(/\|$\)' | grep -vxF "$(go list "${slow[@]}")"
}

# The race detector watches our code, not SQLite's, its libc and its malloc: translated from C, they would take
# ten times as long. Nor does a process sleep a second at its end for races of goroutines left behind, by which all
# packages together would take half a minute. Stage vet has vetted the tests.
unit() {
	[ -d ../shared/rdb ] || echo "../shared/rdb is not there: no RDB files of others are read"
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=100 go test -race -vet=off -gcflags='modernc.org/...=-race=false' -ldflags=-w \
		-timeout 12m $(ours)
}

gates() { go test -count=1 -vet=off -run 'TestSizes|TestImports' ./integration/; }

# Four tests at a time: each waits most of the time, for servers, timers and the disk. The examples are a module of their
# own, for their Redis client, and so are the official tests of Lua, which are another module's data.
integration() {
	go test -count=1 -vet=off -parallel 4 -timeout 9m -skip 'TestSizes|TestImports|TestClients' "$@" ./integration/... &&
		(cd examples && go vet ./... && go test -count=1 -timeout 5m ./...) &&
		(cd integration/lua51 && go vet . && go test -count=1 -timeout 5m .)
}

# clients run on what Debian's packages, npm ci and a Go module of their own bring.
clients() {
	(cd integration/clients && go vet ./...) && go test -count=1 -vet=off -timeout 9m -run TestClients ./integration/
}

tcl() {
	go build -o "$built/larder" . && KEEP_TCL_LOGS=1 integration/tcl/run.sh "$built/larder"
}

# torture kills the server and cuts its power; the number of ends is fixed, when they come is not. It prints its seed.
torture() { integration/torture/run.sh "$@"; }

fuzz() {
	local package name
	for package in $(ours); do
		for name in $(go test -list '^Fuzz' "$package" | grep '^Fuzz'); do
			go test -run '^$' -fuzz "^$name\$" -fuzztime 60s "$package" || return 1
		done
	done
}

# coverage prints how much of each package's statements the unit tests of all packages run; three quarters are wanted.
# The packages that only tests use do not count.
coverage() {
	local profile=$built/coverage
	go test -vet=off -timeout 30m -coverpkg=./... -coverprofile="$profile" $(ours) >"$profile.log" 2>&1 ||
		{ cat "$profile.log"; return 1; }
	awk '!/^mode:/ { statements[$1] = $2; if ($3 > 0) ran[$1] = 1 }
		END {
			for (block in statements) {
				package = block; sub(/\/[^\/]*$/, "", package)
				if (package ~ /integration|storetest|cmdtest|powercut/) continue
				all[package] += statements[block]
				if (block in ran) covered[package] += statements[block]
			}
			for (package in all) {
				percent = 100 * covered[package] / all[package]
				printf "%5.1f%% %s%s\n", percent, package, percent < 75 ? ", less than 75%" : ""
			}
		}' "$profile" | sort -n
}

# differ has redis-server judge a million lines; the seed of the day is printed when it fails.
differ() {
	LARDER_FUZZ_LINES=1000000 LARDER_FUZZ_SEED=$(date +%s) go test -count=1 -timeout 40m -run TestFuzzAgainstRedis ./integration/
}

main() {
	stage install install
	stage go go_there
	if [ $failed = 0 ]; then
		built=$(mktemp -d)
		trap 'rm -rf "$built"' EXIT
		stage gofmt formatted
		stage vet go vet ./...
		stage staticcheck go run $staticcheck ./...
		stage gates gates
		stage unit unit
		stage integration integration
		stage clients clients
		stage tcl tcl
		stage torture torture -kills 20 -cuts 20 -heavy 0 -longest 1500ms
		if [ $full = yes ]; then
			stage coverage coverage
			stage fuzz fuzz
			stage differ differ
			LARDER_TEST_LONG=1 stage long unit
			LARDER_TEST_LONG=1 stage many-jobs clients
			stage torture-long torture -for 20m -heavy 10
			CGO_ENABLED=1 LARDER_TEST_LONG=1 stage race integration -race -timeout 20m
		fi
	fi
	printf '\n'
	printf '%s\n' "${summary[@]}"
	if [ $failed = 0 ]; then
		echo "all stages passed in $SECONDS s"
	else
		printf '\n%s\n' "${why[@]}"
		echo "FAILED, after $SECONDS s"
	fi
	exit $failed
}

main
