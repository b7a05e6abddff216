package resp

import (
	"context"
	"runtime/debug"
	"strings"

	"larder/resp/cmd"
	"larder/resp/reply"
	"larder/resp/stat"
	"larder/resp/table"
	"larder/resp/track"
	"larder/store"
)

// host gives the families of commands what they need of the server. Each family states
// its needs as an interface of its own; this type meets them all. For any goroutine.
type host struct{ *Server }

func (h host) Clients() []*cmd.Client { return h.clients.all() }

// Client is a connection by its id, nil if there is none.
func (h host) Client(id int64) *cmd.Client { return h.clients.find(id) }

// Caches knows which clients cache which keys.
func (h host) Caches() *track.Table { return h.observers.Caches }

// Settle runs a transaction over everything that does nothing: it comes after all others.
func (h host) Settle() error {
	return h.engine.Update(context.Background(), store.Whole(), func(store.Tx) error { return nil })
}

func (h host) Databases() int { return h.databases }

// Clustered says that the server is a node of a cluster.
func (h host) Clustered() bool { return h.node != nil }

func (h host) Stats() *stat.Server { return h.stats }

func (h host) Commands() []*stat.Command {
	var all []*stat.Command
	h.table.Each(func(e *table.Entry) { all = append(all, e.Stats) })
	return all
}

// CommandStats finds a command's counts, or those of a container's subcommands.
func (h host) CommandStats(name string) []*stat.Command {
	var found []*stat.Command
	h.table.Each(func(e *table.Entry) {
		if e.Stats.Name == name || strings.HasPrefix(e.Stats.Name, name+"|") {
			found = append(found, e.Stats)
		}
	})
	return found
}

// Sync syncs every shard.
func (h host) Sync(ctx context.Context) error {
	if s, ok := h.engine.(store.Syncer); ok {
		return s.Sync(ctx)
	}
	return nil
}

// Flush syncs and checkpoints every shard.
func (h host) Flush(ctx context.Context) error {
	if err := h.Sync(ctx); err != nil {
		return err
	}
	if c, ok := h.engine.(store.Checkpointer); ok {
		return c.Checkpoint(ctx)
	}
	return nil
}

func (h host) Release() { debug.FreeOSMemory() }

func (h host) Stop() { h.stop() }

func (h host) SetActiveExpire(on bool) { h.upkeep.SetActive(on) }

// RewriteAll writes every parameter into the configuration file.
func (h host) RewriteAll() error { return h.params.RewriteAll() }

// DebugAllowed asks enable-debug-command, whose "local" means this machine.
func (h host) DebugAllowed(c *cmd.Client) bool {
	return h.params.Allowed("enable-debug-command", c.Near())
}

func (h host) View(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return h.engine.View(ctx, s, fn)
}

func (h host) Update(ctx context.Context, s store.Scope, fn func(store.Tx) error) error {
	return h.engine.Update(ctx, s, fn)
}

func (h host) Blesses() { h.observers.Blessed.Store(true) }

func (h host) IdleSeconds(db int, name []byte) int64 {
	return h.observers.Recency.IdleSeconds(db, name)
}

func (h host) Frequency(db int, name []byte) int { return h.observers.Recency.Frequency(db, name) }

// SetUse makes a key as idle, or as much used, as the policy asks for and RESTORE says.
func (h host) SetUse(db int, name []byte, idleSeconds, frequency int64) {
	h.observers.Recency.Place(db, name, idleSeconds, frequency)
}

// TracksFrequency says that maxmemory-policy makes OBJECT FREQ meaningful.
func (h host) TracksFrequency() bool {
	return strings.HasSuffix(h.params.String("maxmemory-policy"), "-lfu")
}

// SharesIntegers follows Redis, which needs an object for each key whose use it tracks.
func (h host) SharesIntegers() bool {
	policy := h.params.String("maxmemory-policy")
	return !h.budget.Limited() || !strings.HasSuffix(policy, "-lru") && !strings.HasSuffix(policy, "-lfu")
}

func (h host) Log(message string) { h.log.Warn(message) }

// Rows are the rows of all commands.
func (h host) Rows() []cmd.Spec { return h.table.Rows() }

// Find looks a command line up for COMMAND; its number of arguments does not matter.
func (h host) Find(line [][]byte) (*cmd.Spec, bool) {
	row := h.table.Row(line)
	return row, row != nil
}

// Info is the text of INFO.
func (h host) Info(sections []string) string { return h.info.Info(sections) }

// MemoryStats are the fields of MEMORY STATS.
func (h host) MemoryStats(ctx context.Context) ([]reply.Reply, error) { return h.info.MemoryStats(ctx) }

// Mode is what Redis calls the ways a server can stand: alone, or in a cluster.
func (h host) Mode() string { return h.info.Mode() }
