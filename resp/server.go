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
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/redcon"

	"larder/resp/access"
	"larder/resp/admission"
	"larder/resp/broker"
	"larder/resp/cmd"
	"larder/resp/cmd/caches"
	"larder/resp/effects"
	"larder/resp/guard"
	"larder/resp/info"
	"larder/resp/lease"
	"larder/resp/lua"
	"larder/resp/monitor"
	"larder/resp/node"
	"larder/resp/param"
	"larder/resp/reply"
	"larder/resp/scripting"
	"larder/resp/snapshot"
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
	// Background makes the work that goes on beside the commands, on what the server gives it; nil for none.
	Background func(Through) Background
	// Node is who the server is in a cluster; nil if `cluster-enabled` is no.
	Node *node.Node
	// Functions keeps the libraries of functions; without it they live as long as the server.
	Functions lua.Vault
	// CacheStats keeps what CACHE STATS counts; nil for no longer than the server.
	CacheStats lua.Vault
	// Supervisor is the service manager that has started the process: "systemd", "upstart" or "no".
	Supervisor string
	// Stop is called once when a client asks for SHUTDOWN; it must not block.
	Stop func()
}

// Through is what the background works through.
type Through struct {
	// Engine announces what is removed through it.
	Engine store.Engine
	// Recency is what the server has seen of the use of keys.
	Recency *stat.Recency
	// Served is the number of commands that clients have been served.
	Served func() int64
}

// Background is what commands may ask of the work that goes on beside them.
type Background struct {
	Upkeep Upkeep
	// Budget bounds the data; nil for no bound.
	Budget admission.Budget
	// Culler does at once what the background does; nil if there is none.
	Culler caches.Culler
}

// Upkeep is what commands may ask of the background work. For any goroutine.
type Upkeep interface {
	info.Upkeep
	// SetActive turns the active expiry on or off: DEBUG SET-ACTIVE-EXPIRE.
	SetActive(on bool)
}

// Server is the front of Larder. Its methods may be called from any goroutine.
type Server struct {
	engine    store.Engine
	params    *param.Set
	log       *slog.Logger
	upkeep    Upkeep
	node      *node.Node // nil without cluster
	budget    admission.Budget
	observers *effects.Observers
	pause     waiting.Pause
	stop      func()
	table     *table.Table
	stats     *stat.Server
	clients   *clients
	blocked   atomic.Int64 // clients that wait
	outputs   atomic.Pointer[unread.Limits]
	users     *access.Users
	denials   access.Log
	guard     *guard.Limits
	traffic   guard.Traffic
	scripts   *lua.Engine
	scripting *scripting.Server
	cache     cache
	saving    snapshot.Saver
	info      *info.Reporter

	busyMillis atomic.Int64 // busy-reply-threshold

	happening func() uint64 // see store.Sequencer; always 0 for an engine that is none

	databases int
	runID     string
	warned    atomic.Int64 // Unix seconds of the last warning about HTTP

	executions sync.Pool // of *execution, ready for prepare

	mu        sync.Mutex
	listeners []*redcon.Server
	done      chan struct{}
	closeOnce sync.Once
}

// New makes a server that does not listen yet.
func New(o Options) (*Server, error) {
	s := &Server{
		engine: o.Engine, params: o.Params, log: o.Log, node: o.Node, stop: o.Stop,
		stats:     &stat.Server{Started: time.Now()},
		clients:   newClients(),
		guard:     guard.NewLimits(),
		runID:     node.NewID(),
		databases: int(o.Params.Int("databases")),
		done:      make(chan struct{}),
	}
	s.happening = func() uint64 { return 0 }
	if e, ok := o.Engine.(store.Sequencer); ok {
		s.happening = e.Happening
	}
	s.cache.vault = o.CacheStats
	s.observe()
	s.tend(o.Background)
	if err := s.bindParams(); err != nil {
		return nil, err
	}
	if err := s.newScripts(o.Functions); err != nil {
		return nil, err
	}
	if err := s.observers.FindBlessed(s.engine, s.databases); err != nil {
		return nil, err
	}
	s.newSaving()
	s.table = table.New(s.families()...)
	var err error
	if s.users, err = newUsers(s.table.Rows(), s.params); err != nil {
		return nil, err
	}
	s.bindUsers()
	if err := s.table.Rename(o.Params.Renames()); err != nil {
		return nil, err
	}
	s.info = &info.Reporter{Engine: s.engine, Params: s.params, Log: s.log, Stats: s.stats, Observers: s.observers,
		Commands: s.table, Budget: s.budget, Upkeep: s.upkeep, Scripts: s.scripts, Saving: &s.saving, Traffic: &s.traffic,
		Clients: s.clients.count, Blocked: s.blocked.Load, Clustered: s.node != nil, Supervisor: o.Supervisor, RunID: s.runID,
		Databases: s.databases, Denials: &s.denials}
	s.scripting = &scripting.Server{Commands: s.table, Observers: s.observers, Budget: s.budget, Clustered: s.node != nil,
		Closing: s.closing}
	s.executions.New = func() any { return newExecution(s) }
	go s.everySecond()
	go s.keepUses()
	return s, nil
}

// observe makes those who learn what commands do.
func (s *Server) observe() {
	leaseTimeout := func() time.Duration { return time.Duration(s.params.Int("lease-timeout")) * time.Millisecond }
	cached := func() int { return int(s.params.Int("tracking-table-max-keys")) }
	s.observers = &effects.Observers{
		Broker: broker.New(), Monitors: monitor.NewFeed(), Watches: watch.NewTable(), Pause: &s.pause,
		Caches: track.NewTable(s.clients.find, cached, s.happening),
		Lines: waiting.NewLines(s.engine, &s.pause, s.done, func(err error) {
			s.log.Error("blocked clients could not be served", "error", err)
		}),
		Leases: lease.NewTable(leaseTimeout), Stats: s.stats, Counts: s.loadCounts(), Recency: stat.NewRecency(),
		Uses: &admission.Uses{}, Log: s.logScript,
	}
}

// tend begins the work beside the commands.
func (s *Server) tend(background func(Through) Background) {
	var b Background
	if background != nil {
		b = background(Through{s.observers.Removal(s.engine), s.observers.Recency, s.stats.Commands.Load})
	}
	s.upkeep, s.budget, s.cache.culler = b.Upkeep, b.Budget, b.Culler
	if s.budget == nil {
		s.budget = admission.Boundless()
	}
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
			s.log.Error("a connection panicked and is closed", "client", session.client.Addr, "panic", p,
				"stack", string(debug.Stack()))
			conn.Close()
		}
	}()
	session.serve(first)
}

// accept registers a connection, or turns it away with the error Redis gives.
func (s *Server) accept(conn redcon.Conn) bool {
	s.stats.Connections.Add(1)
	client := newClient(conn)
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
	client.FD, client.QueryBuffer = guarded.Descriptor(), guarded.QueryBuffer
	fresh := &session{server: s, conn: conn, guard: guarded, client: client}
	fresh.anew()
	fresh.trusted = client.Authenticated.Load()
	client.Kill = func() { client.Close(); fresh.mute() }
	fresh.watcher.Join(s.observers.Watches)
	fresh.hear()
	if !s.clients.add(client, int(s.params.Int("maxclients"))) {
		s.stats.Refused.Add(1)
		conn.NetConn().Write(reply.Fail("ERR max number of clients reached").Append(nil, 2))
		return false
	}
	guarded.Restrict(!fresh.trusted)
	guarded.OnRefusal(func(e *guard.ProtocolError) bool { fresh.farewell(e); return false })
	guarded.OnEnd(fresh.out.Finish)
	guarded.KeepAlive(time.Duration(s.params.Int("tcp-keepalive")) * time.Second)
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
	return c
}

// refusal is why a command may not run now, empty if it may.
func (s *Server) refusal(session *session, spec *cmd.Spec, args [][]byte) string {
	if spec.Barred != nil {
		if text := spec.Barred(session.client); text != "" {
			return text
		}
	}
	if !spec.Has(cmd.NoAuth) && session.stranger() {
		return "NOAUTH Authentication required."
	}
	if text := session.forbidden(spec, args); text != "" {
		return text
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
