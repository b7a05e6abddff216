package serve

import (
	"fmt"
	"log/slog"
	"strconv"
	"syscall"

	"larder/resp/param"
	"larder/store"
)

// ownFiles is how many descriptors are kept for other things than clients: each shard's file,
// log and readers, the redo log, listeners, temporary files of large replies.
func ownFiles(params *param.Set) uint64 { return 64 + 16*uint64(params.Int("shards")) }

// fitClients lowers `maxclients` to what the limit on open files allows, and refuses to
// raise it beyond. The Go runtime has raised the soft limit to the hard one.
func fitClients(params *param.Set, log *slog.Logger) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	most := max(limit.Max-min(limit.Max, ownFiles(params)), 1)
	if uint64(params.Int("maxclients")) > most {
		log.Warn("The limit on open files (ulimit -n) allows fewer clients than maxclients asks for", "files", limit.Max,
			"maxclients", most)
		if err := params.Assign("maxclients", strconv.FormatUint(most, 10)); err != nil {
			log.Error("maxclients stays as it was", "error", err)
		}
	}
	params.OnChange("maxclients", func(string) error {
		if uint64(params.Int("maxclients")) > most {
			return store.Invalid(fmt.Sprintf("The operating system is not able to handle the specified number of clients, try "+
				"with %d", most))
		}
		return nil
	})
}
