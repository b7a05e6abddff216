#!/bin/bash
# Looks for lost writes: kill -9 and power cuts under load, over and over, and a model that knows what
# each acknowledged write must have left.
#
#   run.sh [flag]...              some minutes, on a server built from this tree
#   run.sh -for 3h                for hours
#   run.sh -kills 0 -cuts 500 -modes always -seed 7
#   run.sh -h                     all flags
#
# LARDER_BIN names a binary to test instead of building one. Power cuts happen on a file system of the rig's own,
# through FUSE: that takes /dev/fuse, and root or the right to make a user namespace.
set -euo pipefail
cd "$(dirname "$0")"

if [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
	echo "error: /dev/fuse is not there or cannot be opened: power cuts need it (modprobe fuse; in a container, --device /dev/fuse)"
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	exec unshare --user --map-root-user --mount "$0" "$@"
fi

built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
if [ -z "${LARDER_BIN:-}" ]; then
	LARDER_BIN=$built/larder
	(cd ../.. && CGO_ENABLED=0 go build -o "$LARDER_BIN" .)
fi
# The controls first: a disk that loses nothing, or a model that allows everything, would find nothing.
go vet ./...
go test -count=1 ./...
go build -o "$built/torture" .
"$built/torture" -bin "$LARDER_BIN" "$@"
