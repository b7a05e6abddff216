#!/bin/bash
# Fetches Redis's own test suite, as Debian's source package carries it, into a scratch
# directory outside the repository, and prints the directory of the unpacked source.
# The machine's apt sources stay as they are: deb-src lines are made from them in a
# private list with private indexes.
set -euo pipefail

version=7.0.15
scratch=${LARDER_SCRATCH:-/var/tmp/larder-scratch}
tree=$scratch/redis-$version

if [ -f "$tree/.complete" ]; then
	echo "$tree"
	exit 0
fi
for tool in apt-get dpkg-source flock; do
	command -v "$tool" >/dev/null || { echo "fetch.sh: $tool is missing; apt-get install dpkg-dev util-linux" >&2; exit 1; }
done

mkdir -p "$scratch"
exec 9>"$scratch/fetch.lock"
flock 9
if [ -f "$tree/.complete" ]; then
	echo "$tree"
	exit 0
fi

apt=$scratch/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
rm -rf "$apt/sources" && mkdir -p "$apt/sources"
parts=/etc/apt/sources.list.d
for list in /etc/apt/sources.list "$parts"/*.list; do
	[ -f "$list" ] && sed -n 's/^deb[[:space:]]/deb-src /p' "$list" >"$apt/sources/$(basename "${list%.list}")-src.list"
done
for list in "$parts"/*.sources; do
	[ -f "$list" ] && sed 's/^Types:.*/Types: deb-src/I' "$list" >"$apt/sources/$(basename "$list")"
done
private=(
	-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources"
	-o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache"
	-o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none
)
apt-get "${private[@]}" update >&2

package=$(apt-cache "${private[@]}" showsrc redis | awk -v v="$version" '
	$1 == "Version:" && index($2, v "-") { print $2; exit }')
if [ -z "$package" ]; then
	echo "fetch.sh: no apt source offers redis $version" >&2
	exit 1
fi
rm -rf "$tree"
(cd "$scratch" && apt-get "${private[@]}" source --only-source "redis=$package" >&2)
touch "$tree/.complete"
echo "$tree"
