// Package resp speaks the Redis protocol: it listens, reads command lines, runs them as
// transactions on a store.Engine by their rows, and writes the replies.
//
// The life of a command: redcon parses what the guard below it has checked -> session
// takes the whole pipeline -> execution finds the row, refuses or prepares the scope ->
// the engine runs the handler inside a transaction -> after the commit the reply is
// encoded for the client's protocol. Everything a command may or must do is said by its
// row; this package has no list of commands.
package resp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/redcon"

	"larder/resp/access"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/cmd/caches"
	"larder/resp/guard"
	"larder/resp/lua"
	"larder/resp/monitor"
	"larder/resp/node"
	"larder/resp/param"
	"larder/resp/reply"
	"larder/resp/stat"
	"larder/resp/table"
	"larder/resp/track"
	"larder/resp/unread"
	"larder/resp/waiting"
	"larder/resp/watch"
	"larder/store"
)

// Options are what a Server is made from.
type Options struct {
	Engine store.Engine
	Params *param.Set
	Log    *slog.Logger
	// Upkeep is the background work that some commands steer; see Upkeep.
	Upkeep Upkeep
	// Node is who the server is in a cluster; nil if `cluster-enabled` is no.
	Node *node.Node
	// Functions keeps the libraries of functions; without it they live as long as the server.
	Functions lua.Vault
	// Budget bounds the data; nil for no bound.
	Budget Budget
	// CacheStats keeps what CACHE STATS counts; nil for no longer than the server.
	CacheStats lua.Vault
	// Culler does at once what the background does; nil if there is none.
	Culler caches.Culler
	// Supervisor is the service manager that has started the process: "systemd", "upstart" or "no".
	Supervisor string
	// Stop is called once when a client asks for SHUTDOWN; it must not block.
	Stop func()
}

// Upkeep is what commands may ask of the background work. For any goroutine.
type Upkeep interface {
	// SetActive turns the active expiry on or off: DEBUG SET-ACTIVE-EXPIRE.
	SetActive(on bool)
	// Capped is the number of cycles whose time was over before all expired keys were removed, BusyMillis
	// the time all cycles took for them.
	Capped() int64
	BusyMillis() int64
	// ResetStats begins to count Capped and BusyMillis anew.
	ResetStats()
	// Overdue tells for how long the key that waits longest for its removal has been expired, 0 if none waits, and
	// about which part of the keys with an expiry waits.
	Overdue(context.Context) (lag time.Duration, stale float64, err error)
}

// Server is the front of Larder. Its methods may be called from any goroutine.
type Server struct {
	engine  store.Engine
	params  *param.Set
	log     *slog.Logger
	upkeep  Upkeep
	node    *node.Node // nil without cluster
	budget  Budget
	peak    peak
	uses    uses
	blessed atomic.Bool // a key may be blessed
	// evictedBefore is what CONFIG RESETSTAT has taken off evicted_keys.
	evictedBefore atomic.Int64
	stop          func()
	supervisor    string
	table         *table.Table
	stats         *stat.Server
	recency       *stat.Recency
	clients       *clients
	watches       *watch.Table
	waiters       *waiting.Lines
	broker        *broker.Broker
	pause         waiting.Pause
	monitors      *monitor.Feed
	caches        *track.Table
	blocked       atomic.Int64 // clients that wait
	outputs       atomic.Pointer[unread.Limits]
	events        atomic.Uint32 // cmd.EventMask that somebody may listen to
	gate          access.Gate
	limits        atomic.Pointer[store.Limits]
	guard         *guard.Limits
	traffic       guard.Traffic
	scripts       *lua.Engine
	cache         cache
	saving        saving

	busyMillis atomic.Int64 // busy-reply-threshold

	happening func() uint64 // see store.Sequencer; always 0 for an engine that is none

	latencyTracking atomic.Bool
	databases       int
	runID           string
	rates           rates
	warned          atomic.Int64 // Unix seconds of the last warning about HTTP

	executions sync.Pool // of *execution, ready for prepare

	mu        sync.Mutex
	listeners []*redcon.Server
	done      chan struct{}
	closeOnce sync.Once
}

// New makes a server that does not listen yet.
func New(o Options) (*Server, error) {
	s := &Server{
		engine: o.Engine, params: o.Params, log: o.Log, upkeep: o.Upkeep, node: o.Node, stop: o.Stop, supervisor: o.Supervisor,
		stats:     &stat.Server{Started: time.Now()},
		recency:   stat.NewRecency(),
		clients:   newClients(),
		watches:   watch.NewTable(),
		broker:    broker.New(),
		monitors:  monitor.NewFeed(),
		guard:     guard.NewLimits(),
		runID:     node.NewID(),
		databases: int(o.Params.Int("databases")),
		done:      make(chan struct{}),
	}
	s.happening = func() uint64 { return 0 }
	if e, ok := o.Engine.(store.Sequencer); ok {
		s.happening = e.Happening
	}
	s.caches = track.NewTable(s.clients.find, func() int { return int(s.params.Int("tracking-table-max-keys")) }, s.happening)
	if s.budget = o.Budget; s.budget == nil {
		s.budget = boundless{}
	}
	s.waiters = waiting.NewLines(o.Engine, &s.pause, s.done, func(err error) {
		s.log.Error("blocked clients could not be served", "error", err)
	})
	if err := s.bindParams(); err != nil {
		return nil, err
	}
	if err := s.newScripts(o.Functions); err != nil {
		return nil, err
	}
	if err := s.findBlessed(); err != nil {
		return nil, err
	}
	s.newCache(o.CacheStats, o.Culler)
	s.newSaving()
	s.table = table.New(s.families()...)
	if err := s.table.Rename(o.Params.Renames()); err != nil {
		return nil, err
	}
	s.executions.New = func() any { return newExecution(s) }
	go s.everySecond()
	go s.keepUses()
	return s, nil
}

// Serve answers the connections of a listener until Close. It returns nil after Close.
func (s *Server) Serve(ln net.Listener) error {
	front := redcon.NewServerNetwork(ln.Addr().Network(), ln.Addr().String(), s.handle, s.accept, s.closed)
	s.mu.Lock()
	s.listeners = append(s.listeners, front)
	s.mu.Unlock()
	return front.Serve(guard.NewListener(ln, s.guard, &s.traffic))
}

// Close stops listening, ends every connection and waits for nobody.
func (s *Server) Close() error {
	var errs []error
	s.closeOnce.Do(func() {
		close(s.done)
		s.saveCounts()
		s.saving.Close()
		s.scripts.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, front := range s.listeners {
			errs = append(errs, front.Close())
		}
		for _, c := range s.clients.all() {
			c.Close()
		}
	})
	return errors.Join(errs...)
}

func (s *Server) handle(conn redcon.Conn, first redcon.Command) {
	session := conn.Context().(*session)
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a connection panicked and is closed", "client", session.client.Addr, "panic", p, "stack", string(debug.Stack()))
			conn.Close()
		}
	}()
	session.serve(first)
}

// accept registers a connection, or turns it away with the error Redis gives.
func (s *Server) accept(conn redcon.Conn) bool {
	s.stats.Connections.Add(1)
	client := newClient(conn)
	client.Authenticated.Store(s.gate.Open())
	if problem := s.turnAway(conn); problem != "" {
		conn.NetConn().Write(reply.Fail(problem).Append(nil, 2))
		return false
	}
	guarded := conn.NetConn().(*guard.Conn)
	client.Close = func() {
		client.Killed.Store(true)
		s.clients.remove(client) // now, though its command may run on: CLIENT LIST must not show who was killed
		guarded.Close()
	}
	client.FD, client.QueryBuffer = descriptor(guarded.NetConn()), guarded.QueryBuffer
	fresh := &session{server: s, conn: conn, guard: guarded, client: client, trusted: s.gate.Open()}
	client.Kill = func() { client.Close(); fresh.mute() }
	fresh.watcher.Join(s.watches)
	fresh.hear()
	if !s.clients.add(client, int(s.params.Int("maxclients"))) {
		s.stats.Refused.Add(1)
		conn.NetConn().Write(reply.Fail("ERR max number of clients reached").Append(nil, 2))
		return false
	}
	guarded.Restrict(!s.gate.Open())
	guarded.OnRefusal(func(e *guard.ProtocolError) bool { fresh.farewell(e); return false })
	guarded.OnEnd(fresh.out.Finish)
	s.keepAlive(guarded.NetConn())
	conn.SetContext(fresh)
	return true
}

func (s *Server) closed(conn redcon.Conn, _ error) {
	if session, ok := conn.Context().(*session); ok {
		session.client.Killed.Store(true)
		session.leave()
		session.out.Close()
	}
}

func newClient(conn redcon.Conn) *cmd.Client {
	local := conn.NetConn().LocalAddr()
	c := &cmd.Client{Addr: conn.RemoteAddr(), Local: local.String(), Created: time.Now()}
	if local.Network() == "unix" {
		c.Unix, c.Local = true, c.Local+":0"
		c.Addr = c.Local
	}
	c.Proto.Store(2)
	c.LastActive.Store(c.Created.UnixMilli())
	c.Change(func(info *cmd.ClientInfo) { info.User = access.DefaultUser })
	return c
}

// refusal is why a command may not run now, empty if it may.
func (s *Server) refusal(session *session, spec *cmd.Spec, args [][]byte) string {
	if spec.Barred != nil {
		if text := spec.Barred(session.client); text != "" {
			return text
		}
	}
	if !session.client.Authenticated.Load() && !spec.Has(cmd.NoAuth) && !s.gate.Open() {
		return "NOAUTH Authentication required."
	}
	if s.node != nil && node.SlotsOf(spec, args).Spread() {
		return node.CrossSlot
	}
	if session.client.Subscribed() && session.client.Proto.Load() == 2 && !spec.Has(cmd.WhileSubscribed) {
		return cannotExecute(spec)
	}
	if !spec.Has(cmd.AllowBusy) {
		if b, busy := s.scripts.Busy(); busy {
			return string(b.Fault())
		}
	}
	if session.client.Monitor.Load() && spec.Flags&(cmd.Write|cmd.View|cmd.MayReplicate) != 0 {
		return "ERR Replica can't interact with the keyspace"
	}
	return ""
}

// closing reports whether the server is being closed.
func (s *Server) closing() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
