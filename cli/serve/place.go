package serve

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

// place is an address of `bind` with a port.
type place struct {
	addr   string // "-" before it: this machine may lack it
	port   string
	secure bool // it speaks TLS
}

// places are what the parameters ask for.
func places(params *param.Set) (all []place) {
	for _, name := range []string{"port", "tls-port"} {
		port := params.Int(name)
		if port == 0 {
			continue
		}
		for _, addr := range params.Strings("bind") {
			all = append(all, place{addr, strconv.FormatInt(port, 10), name == "tls-port"})
		}
	}
	return all
}

func (p place) optional() bool { return strings.HasPrefix(p.addr, "-") }

// host is the address as package net has it; every and everySix are what it has for all addresses.
func (p place) host(every, everySix string) string {
	switch host := strings.TrimPrefix(p.addr, "-"); host {
	case "*":
		return every
	case "::*":
		return everySix
	default:
		return host
	}
}

func (p place) listen() (net.Listener, error) {
	host := p.host("0.0.0.0", "::")
	network := "tcp4"
	if strings.Contains(host, ":") {
		network = "tcp6"
	}
	return net.Listen(network, net.JoinHostPort(host, p.port))
}

// listenUnix replaces a socket that a dead process left behind.
func listenUnix(path string, perm int64) (net.Listener, error) {
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
func (p place) explain(err error) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen: %w", err)
	}
	who, option := "another program", "--port"
	if p.secure {
		option = "--tls-port"
	} else if p.answersLikeRedis() {
		who = "a Redis server"
	}
	return fmt.Errorf("port %s is taken by %s: stop it or choose another port with %s", p.port, who, option)
}

func (p place) answersLikeRedis() bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(p.host("127.0.0.1", "::1"), p.port), time.Second)
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
