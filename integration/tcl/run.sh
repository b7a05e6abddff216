#!/bin/bash
# Runs Redis's own Tcl suite against a server and scores it: of the tests that redis-server
# 7.0.15 passes in the same mode (passed.txt), how many does this server pass?
#
#   run.sh [--only FILE]... ./larder      score a server binary; fails unless all pass
#   run.sh --calibrate redis-server       write passed.txt anew from the judge
#
# files.txt        the suite's files, longest first: three run side by side, as client and server wait in turns
# spawned.txt      those of them that start their servers themselves, as src/redis-server
# exceptions.txt   "file<TAB>test<TAB>reason": not run and not counted; where the reason
#                  begins with "runs:" later tests need what it does, so it runs uncounted
#
# Every file has a fresh server, so that what one leaves in CONFIG harms no other.
# TCL_FILE_LIMIT is the seconds one file may take, TCL_TEST_LIMIT those without any
# progress; TCL_JOBS the files that run side by side; TCL_LOGS where logs stay.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
deny="-needs:debug -needs:repl -needs:save -needs:config-maxmemory -needs:latency"
deny+=" -needs:local-process -cluster -repl -modules -oom-score-adj -memefficiency -defrag -tls -slow"

# plain strips colours, and the milliseconds from the lines of passed tests.
plain() { sed -e 's/\x1b\[[0-9;]*m//g' -e '/^\[ok\]/s/ ([0-9]* ms)$//'; }

# start_server DIR: sets port and server; tries other ports while the chosen one is taken.
start_server() {
	local dir=$1 try wait
	for try in 1 2 3 4 5; do
		port=$((23000 + RANDOM % 9000))
		mkdir -p "$dir/data"
		"$TCL_SERVER" --port "$port" --dir "$dir/data" --save "" >"$dir/server.log" 2>&1 &
		server=$!
		for wait in {1..100}; do
			kill -0 "$server" 2>/dev/null || break
			if redis-cli -p "$port" INFO server 2>/dev/null | tr -d '\r' | grep -qx "process_id:$server"; then
				return 0
			fi
			sleep 0.05
		done
		kill -9 "$server" 2>/dev/null
		wait "$server" 2>/dev/null
	done
	echo "run.sh: $TCL_SERVER does not start; see $dir/server.log" >&2
	return 1
}

# own_tree DIR: a copy of the suite that starts our server: every run empties tests/tmp of its tree. Of
# a server's log the suite wants a line with the process id, and one that says it is ready.
own_tree() {
	mkdir -p "$1/src"
	cp -r "$TCL_TREE/tests" "$TCL_TREE/runtest" "$1"
	rm -rf "$1"/tests/tmp/*
	printf '#!/bin/bash\necho " PID: $$"\nexec "$TCL_SERVER" "$@"\n' >"$1/src/redis-server"
	chmod 755 "$1/src/redis-server"
}

# pace has the suite's clients pause after a blocking command: some tests send one on each of two
# connections and rely on the order. Redis reads both in one thread, in that order; here two
# threads do, and a busy machine may swap them. (Later releases of the suite wait in those tests.)
pace() {
	local client=$TCL_TREE/tests/support/redis.tcl
	sed -i -e '/{ after 30 }$/d' \
		-e 's/^        if {!\$deferred} {$/        if {$deferred \&\& [regexp -nocase {^(b[lrz]|xread)} $method]} { after 30 }\n&/' "$client"
	grep -q 'after 30' "$client"
}

# reword has the suite's tests of ACL take the words of 7.2 beside those of 7.0, which names nobody whom it denies
# something, leaves sanitize-payload out where nobody has said it, and prints rules as it guesses them. MIGRATE is not there.
reword() {
	local tests=$TCL_TREE/tests/unit
	sed -i -e 's/NOPERM\*channels\*/NOPERM*channel*/; s/NOPERM\*keys\*/NOPERM*key*/' \
		-e 's/assert_equal "This user has no/assert_match "*ser*has no/' \
		-e 's/{NOPERM this user has no permissions to access one of the keys used as arguments}/{NOPERM*o permissions to access *key*}/' \
		-e 's/assert_equal {user hpuser on nopass resetchannels/assert_match {user hpuser on nopass *resetchannels/' \
		-e 's/assert_equal {+@all} \$cmdstr$/assert_match {+@all*} $cmdstr/' \
		-e '/DRYRUN command-test MIGRATE/d' "$tests/acl.tcl" "$tests/acl-v2.tcl"
	grep -q 'assert_match "\*ser\*has no' "$tests/acl-v2.tcl" && grep -q 'nopass \*resetchannels' "$tests/acl.tcl"
}

# run_one FILE: plays one file of the suite; leaves out.txt and ok.txt in its log directory.
run_one() {
	local file=$1 dir=$TCL_LOGS/${1//\//-} began=$SECONDS base tags tree where limit=${TCL_FILE_LIMIT:-150}
	local still=${TCL_TEST_LIMIT:-45}
	mkdir -p "$dir"
	# The suite looks for a port of its own from here on; files side by side must not race for it.
	base=$((11032 + 64 * $(grep -nx "$file" "$here/files.txt" | cut -d: -f1)))
	server="" where=() tree=$TCL_TREE
	if grep -qx "$file" "$here/spawned.txt"; then
		tree=$dir/tree
		own_tree "$tree"
		limit=$((2 * limit)) # it asks for INFO tens of thousands of times
	else
		start_server "$dir" || return 0
		where=(--host 127.0.0.1 --port "$port")
	fi
	tags=$deny
	[ "$file" != unit/hyperloglog ] || { limit=$((3 * limit)) still=$((8 * still)); } # Tcl draws 1.5 million numbers in one test
	case $file in
	unit/type/list-2) tags=${deny% -slow} ;; # all of it is slow
	unit/oom-score-adj) tags=${deny/ -oom-score-adj/} ;;
	esac
	awk -F'\t' -v f="$file" '$1 == f && $3 !~ /^runs:/ { print $2 }' "$TCL_EXCEPTIONS" >"$dir/skip.txt"
	(cd "$tree" && timeout -k 5 "$limit" ./runtest "${where[@]}" \
		--baseport "$base" --single "$file" --durable --ignore-encoding --ignore-digest --timeout "$still" \
		--skipfile "$dir/skip.txt" --tags "$tags") >"$dir/out.raw" 2>&1
	echo "exit status $?" >>"$dir/out.raw"
	if [ -n "$server" ]; then
		kill -9 "$server" 2>/dev/null
		wait "$server" 2>/dev/null
	fi
	rm -rf "$dir/data" "$dir/tree"
	plain <"$dir/out.raw" >"$dir/out.txt"
	sed -n 's/^\[ok\]: //p' "$dir/out.txt" | sort >"$dir/ok.txt"
	echo "$((SECONDS - began))" >"$dir/seconds"
}

# score FILE: prints the file's line; leaves missing.txt; fails unless every expected test passed.
score() {
	local file=$1 dir=$TCL_LOGS/${1//\//-} expected passed verdict=0 note=""
	awk -F'\t' -v f="$file" 'FILENAME == ARGV[1] { out[$1 FS $2]; next } $1 == f && !(($1 FS $2) in out) { print $2 }' \
		"$TCL_EXCEPTIONS" "$here/passed.txt" | sort >"$dir/expected.txt"
	touch "$dir/ok.txt"
	comm -23 "$dir/expected.txt" "$dir/ok.txt" >"$dir/missing.txt"
	expected=$(wc -l <"$dir/expected.txt")
	passed=$((expected - $(wc -l <"$dir/missing.txt")))
	grep -q 'exit status [01]$' "$dir/out.txt" 2>/dev/null || note="  (cut short)"
	[ "$expected" -gt 0 ] && [ "$passed" -eq "$expected" ] || verdict=1
	printf '%-22s %4d of %4d  %4ss%s\n' "$file" "$passed" "$expected" "$(cat "$dir/seconds" 2>/dev/null)" "$note"
	sed 's/^/    not passed: /' "$dir/missing.txt"
	grep -aE '^\[exception\]|IN PROGRESS' "$dir/out.txt" 2>/dev/null | head -5 | sed 's/^/    /'
	total=$((total + expected)) good=$((good + passed))
	return $verdict
}

# calibrate writes passed.txt from what the judge has just passed.
calibrate() {
	local file
	while read -r file; do
		sed "s|^|$file\t|" "$TCL_LOGS/${file//\//-}/ok.txt"
	done < <(sort "$here/files.txt") >"$here/passed.txt"
	wc -l "$here/passed.txt"
}

main() {
	local mode=score only=() files=() file failed=0
	while [ $# -gt 1 ]; do
		case $1 in
		--calibrate) mode=calibrate; shift ;;
		--only) only+=("$2"); shift 2 ;;
		*) echo "run.sh: what is $1?" >&2; exit 2 ;;
		esac
	done
	[ $# -eq 1 ] || { sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2; }
	TCL_SERVER=$(command -v "$1") || { echo "run.sh: no $1" >&2; exit 2; }
	TCL_SERVER=$(realpath -s "$TCL_SERVER")
	TCL_TREE=$("$here/fetch.sh") || exit 2
	pace || { echo "run.sh: redis.tcl of the suite is not what it was" >&2; exit 2; }
	reword || { echo "run.sh: the suite's tests of ACL are not what they were" >&2; exit 2; }
	ln -sf "$(command -v redis-cli)" "$TCL_TREE/src/redis-cli" # what the suite's own redis-cli tests run
	if [ -z "${TCL_LOGS:-}" ]; then
		TCL_LOGS=$(mktemp -d)
		trap 'rm -rf "$TCL_LOGS"' EXIT
	fi
	TCL_EXCEPTIONS=$here/exceptions.txt
	[ $mode = calibrate ] && TCL_EXCEPTIONS=/dev/null
	export TCL_SERVER TCL_TREE TCL_LOGS TCL_EXCEPTIONS
	mapfile -t files < <(if [ ${#only[@]} -gt 0 ]; then printf '%s\n' "${only[@]}"; else cat "$here/files.txt"; fi)

	printf '%s\n' "${files[@]}" | xargs -P "${TCL_JOBS:-3}" -I{} "$0" --one {}
	if [ $mode = calibrate ]; then
		calibrate
		return
	fi
	total=0 good=0
	for file in "${files[@]}"; do score "$file" || failed=1; done
	echo "Tcl suite: $good of $total tests that redis-server 7.0.15 passes; $(wc -l <"$TCL_EXCEPTIONS") excepted"
	if [ $failed = 1 ] && [ -n "${KEEP_TCL_LOGS:-}" ]; then
		trap - EXIT
		echo "logs: $TCL_LOGS"
	fi
	return $failed
}

if [ "${1:-}" = --one ]; then run_one "$2"; else main "$@"; fi
