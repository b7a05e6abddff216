// Package integration holds the tests that start the real binary: against a real
// redis-server that judges every reply, against Redis's own Tcl suite, with real clients of
// five languages, against clients that misbehave and against kill -9; and the gates on the shape of the source.
//
// LARDER_BIN names a binary to test instead of building one. With LARDER_BIN set to
// redis-server the differential lines run judge against judge, which shows that they are
// deterministic.
package integration
