package serve

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"larder/resp/param"
	"larder/store"
)

// doors is one listener made of several: every address of `bind` at `port`, and the unix
// socket. CONFIG SET exchanges addresses while the connections that came in by the old ones
// stay, which a listener for each would not allow: its server closes them with it. For any
// goroutine.
type doors struct {
	params *param.Set
	log    *slog.Logger
	conns  chan net.Conn
	done   chan struct{}
	once   sync.Once

	mu   sync.Mutex
	open []door
}

// door is an open listener and what it was asked to listen on.
type door struct {
	place string
	net.Listener
}

// listen opens all doors and keeps them as `bind` and `port` say.
func listen(params *param.Set, log *slog.Logger) (*doors, error) {
	d := &doors{params: params, log: log, conns: make(chan net.Conn), done: make(chan struct{})}
	if err := d.follow(); err != nil {
		return nil, err
	}
	if path := pathOf(params, "unixsocket"); path != "" {
		ln, err := listenUnix(path, params.Int("unixsocketperm"))
		if err != nil {
			d.Close()
			return nil, err
		}
		d.add(door{path, ln})
	}
	params.OnChange("port", d.onChange("Unable to listen on this port. Check server logs."))
	params.OnChange("bind", d.onChange("Failed to bind to specified addresses."))
	return d, nil
}

func (d *doors) onChange(refusal string) func(string) error {
	return func(string) error {
		if err := d.follow(); err != nil {
			d.log.Warn("Cannot listen where CONFIG SET asks for", "error", err)
			return store.Invalid(refusal)
		}
		return nil
	}
}

// places are what the parameters ask for, as "address port".
func places(params *param.Set) []string {
	port := params.Int("port")
	if port == 0 {
		return nil
	}
	var all []string
	for _, addr := range params.Strings("bind") {
		all = append(all, addr+" "+strconv.FormatInt(port, 10))
	}
	return all
}

// follow closes the TCP doors that are not asked for and opens those that are. It closes
// first, because an address and all addresses exclude each other; if it then cannot open,
// it goes back to what was.
func (d *doors) follow() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	want := places(d.params)
	var before []string
	for _, old := range d.open {
		if old.Addr().Network() != "unix" {
			before = append(before, old.place)
		}
	}
	err := d.become(want)
	if err == nil {
		return nil
	}
	if back := d.become(before); back != nil {
		d.log.Error("Cannot listen any more where it did", "error", back)
	}
	return err
}

// become makes the TCP doors be those at the places. The caller holds mu.
func (d *doors) become(places []string) error {
	d.open = slices.DeleteFunc(d.open, func(old door) bool {
		surplus := old.Addr().Network() != "unix" && !slices.Contains(places, old.place)
		if surplus {
			old.Close()
		}
		return surplus
	})
	tcp := 0
	for _, place := range places {
		if slices.ContainsFunc(d.open, func(o door) bool { return o.place == place }) {
			tcp++
			continue
		}
		ln, err := listenTCP(place)
		if err != nil {
			if strings.HasPrefix(place, "-") && !errors.Is(err, syscall.EADDRINUSE) {
				continue // an address that this machine may lack
			}
			return explain(err, place)
		}
		tcp++
		d.start(door{place, ln})
	}
	if len(places) > 0 && tcp == 0 {
		return fmt.Errorf("none of the addresses of bind (%s) can be listened on: name one of this machine's with --bind", d.params.String("bind"))
	}
	return nil
}

func (d *doors) add(fresh door) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.start(fresh)
}

// start lets connections in through a door. The caller holds mu.
func (d *doors) start(fresh door) {
	d.open = append(d.open, fresh)
	go d.admit(fresh)
}

// admit hands connections on. Running out of descriptors passes, so it waits and goes on.
func (d *doors) admit(from door) {
	for {
		conn, err := from.Accept()
		switch {
		case err == nil:
			select {
			case d.conns <- conn:
			case <-d.done:
				conn.Close()
			}
		case errors.Is(err, net.ErrClosed):
			return
		default:
			d.log.Warn("A connection could not be accepted", "address", from.Addr().String(), "error", err)
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// Accept returns the next connection through any door.
func (d *doors) Accept() (net.Conn, error) {
	select {
	case conn := <-d.conns:
		return conn, nil
	case <-d.done:
		return nil, net.ErrClosed
	}
}

// Addr is that of the first door.
func (d *doors) Addr() net.Addr {
	if all := d.Addrs(); len(all) > 0 {
		return all[0]
	}
	return &net.TCPAddr{}
}

// Addrs are the addresses listened on.
func (d *doors) Addrs() []net.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	addrs := make([]net.Addr, len(d.open))
	for i, o := range d.open {
		addrs[i] = o.Addr()
	}
	return addrs
}

// Close stops listening; the connections stay.
func (d *doors) Close() error {
	d.once.Do(func() { close(d.done) })
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.open {
		o.Close()
	}
	d.open = nil
	return nil
}

func listenTCP(place string) (net.Listener, error) {
	host, port, _ := strings.Cut(strings.TrimPrefix(place, "-"), " ")
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
	return net.Listen(network, net.JoinHostPort(host, port))
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
func explain(err error, place string) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen: %w", err)
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(place, "-"), " ")
	who := "another program"
	if answersLikeRedis(host, port) {
		who = "a Redis server"
	}
	return fmt.Errorf("port %s is taken by %s: stop it or choose another port with --port", port, who)
}

func answersLikeRedis(host, port string) bool {
	switch host {
	case "*":
		host = "127.0.0.1"
	case "::*":
		host = "::1"
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), time.Second)
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
