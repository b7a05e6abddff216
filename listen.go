package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"larder/resp/param"
)

type listener = net.Listener

// listen opens every address of `bind` at `port`, and the unix socket if there is one.
// An address that begins with a dash may be missing on this machine, as in Redis.
func listen(params *param.Set) ([]listener, error) {
	var listeners []listener
	if port := params.Int("port"); port != 0 {
		for _, addr := range bindAddresses(params) {
			ln, err := listenTCP(addr, int(port))
			if err != nil {
				if strings.HasPrefix(addr, "-") && !errors.Is(err, syscall.EADDRINUSE) {
					continue
				}
				closeAll(listeners)
				return nil, explain(err, int(port))
			}
			listeners = append(listeners, ln)
		}
		if len(listeners) == 0 {
			return nil, fmt.Errorf("none of the addresses of bind (%s) can be listened on: name one of this machine's with --bind", params.String("bind"))
		}
	}
	if path := params.String("unixsocket"); path != "" {
		ln, err := listenUnix(path, params.Int("unixsocketperm"))
		if err != nil {
			closeAll(listeners)
			return nil, err
		}
		listeners = append(listeners, ln)
	}
	return listeners, nil
}

// bindAddresses: without any, Redis listens on all interfaces.
func bindAddresses(params *param.Set) []string {
	if addrs := params.Strings("bind"); len(addrs) > 0 {
		return addrs
	}
	return []string{"*", "-::*"}
}

func listenTCP(addr string, port int) (listener, error) {
	host := strings.TrimPrefix(addr, "-")
	network := "tcp4"
	if strings.Contains(host, ":") {
		network = "tcp6"
	}
	switch host {
	case "*":
		host = "0.0.0.0"
	case "::*":
		host = "::"
	}
	return net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)))
}

// listenUnix replaces a socket that a dead process left behind.
func listenUnix(path string, perm int64) (listener, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		os.Remove(path)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("the unix socket %s cannot be opened: %w", path, err)
	}
	if perm != 0 {
		if err := os.Chmod(path, os.FileMode(perm)); err != nil {
			ln.Close()
			return nil, fmt.Errorf("the permissions of %s cannot be set to %o: %w", path, perm, err)
		}
	}
	return ln, nil
}

// explain turns "address in use" into a sentence that says who is there and what to do.
func explain(err error, port int) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen: %w", err)
	}
	who := "another program"
	if answersLikeRedis(port) {
		who = "a Redis server"
	}
	return fmt.Errorf("port %d is taken by %s: stop it or choose another port with --port", port, who)
}

func answersLikeRedis(port int) bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprint(conn, "PING\r\n")
	answer := make([]byte, 7)
	n, _ := conn.Read(answer)
	first := string(answer[:n])
	return strings.HasPrefix(first, "+PONG") || strings.HasPrefix(first, "-NOAUTH") || strings.HasPrefix(first, "-DENIED")
}

func closeAll(listeners []listener) {
	for _, ln := range listeners {
		ln.Close()
	}
}
