package serve

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"larder/resp/param"
	"larder/resp/secure"
	"larder/store"
)

// doors is one listener made of several: every address of `bind` at `port` and at `tls-port`, and the unix
// socket. CONFIG SET exchanges addresses while the connections that came in by the old ones
// stay, which a listener for each would not allow: its server closes them with it. For any
// goroutine.
type doors struct {
	params *param.Set
	log    *slog.Logger
	terms  *secure.Terms
	shakes atomic.Int64 // clients that have not agreed on keys yet
	conns  chan net.Conn
	done   chan struct{}
	once   sync.Once

	mu   sync.Mutex
	open []door
}

// door is an open listener and what it was asked to listen on.
type door struct {
	place // the zero place for a unix socket
	net.Listener
}

// listen opens all doors and keeps them as `bind`, `port` and `tls-port` say.
func listen(params *param.Set, log *slog.Logger) (*doors, error) {
	terms, err := secure.New(params, log)
	if err != nil {
		return nil, err
	}
	d := &doors{params: params, log: log, terms: terms, conns: make(chan net.Conn), done: make(chan struct{})}
	if err := d.follow(); err != nil {
		return nil, err
	}
	if path := pathOf(params, "unixsocket"); path != "" {
		ln, err := listenUnix(path, params.Int("unixsocketperm"))
		if err != nil {
			d.Close()
			return nil, err
		}
		d.add(door{Listener: ln})
	}
	const refused = "Unable to listen on this port. Check server logs."
	params.OnChange("port", d.onChange(refused))
	params.OnChange("tls-port", d.onChangeSecure(d.onChange(refused)))
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

// onChangeSecure makes TLS's configuration before somebody may come in by the new port.
func (d *doors) onChangeSecure(listen func(string) error) func(string) error {
	return func(port string) error {
		if err := d.terms.Reload(); err != nil {
			d.log.Warn("TLS cannot be configured so", "error", err)
			return secure.Unable
		}
		return listen(port)
	}
}

// follow closes the TCP doors that are not asked for and opens those that are. It closes
// first, because an address and all addresses exclude each other; if it then cannot open,
// it goes back to what was.
func (d *doors) follow() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	want := places(d.params)
	var before []place
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
func (d *doors) become(places []place) error {
	d.open = slices.DeleteFunc(d.open, func(old door) bool {
		surplus := old.Addr().Network() != "unix" && !slices.Contains(places, old.place)
		if surplus {
			old.Close()
		}
		return surplus
	})
	tcp := 0
	for _, p := range places {
		if slices.ContainsFunc(d.open, func(o door) bool { return o.place == p }) {
			tcp++
			continue
		}
		ln, err := p.listen()
		if err != nil {
			if p.optional() && !errors.Is(err, syscall.EADDRINUSE) {
				continue
			}
			return p.explain(err)
		}
		tcp++
		d.start(door{p, ln})
	}
	if len(places) > 0 && tcp == 0 {
		return fmt.Errorf("none of the addresses of bind (%s) can be listened on: name one of this machine's with --bind",
			d.params.String("bind"))
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
		case err == nil && from.secure:
			go d.shake(conn)
		case err == nil:
			d.hand(conn)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			d.log.Warn("A connection could not be accepted", "address", from.Addr().String(), "error", err)
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// hand gives a connection to Accept.
func (d *doors) hand(conn net.Conn) {
	select {
	case d.conns <- conn:
	case <-d.done:
		conn.Close()
	}
}

// shake has a connection agree on keys before anybody waits for it: a client that says nothing holds nobody up.
func (d *doors) shake(conn net.Conn) {
	defer d.shakes.Add(-1)
	if d.shakes.Add(1) > d.params.Int("maxclients") { // they are no clients yet, but take descriptors as those do
		conn.Close()
		return
	}
	shaken, err := d.terms.Shake(conn)
	if err != nil {
		d.log.Debug("A client could not agree on TLS", "address", conn.RemoteAddr().String(), "error", err)
		return
	}
	d.hand(shaken)
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
