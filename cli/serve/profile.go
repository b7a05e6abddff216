package serve

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"

	"larder/resp/param"
)

// serveProfiles answers Go's profiles over HTTP at `pprof` (host:port), if it is set. Whoever
// reaches the address can read command lines and memory, so it should be loopback.
func serveProfiles(params *param.Set) (stop func(), err error) {
	addr := params.String("pprof")
	if addr == "" {
		return func() {}, nil
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the profiles cannot be served at %s: %w", addr, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	go http.Serve(ln, mux)
	return func() { ln.Close() }, nil
}
