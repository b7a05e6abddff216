// Package serve is the subcommand that serves: wiring of configuration, engine, background work, server and signals.
package serve

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"

	"larder/resp"
	"larder/resp/cmd"
	"larder/resp/param"
	"larder/shard/datadir"
)

const usage = `Usage: larder [serve] [/path/to/redis.conf | -] [--directive value ...]

  larder                                serve on 127.0.0.1:6379, data in ./data
  larder --port 6380 --dir ./data       another port, another directory
  larder redis.conf --loglevel verbose  a configuration file in redis.conf's syntax first

Directives are redis-server's, and of Larder's own:
  --shards N          number of SQLite files, fixed when the directory is made (4)
  --cache-size 128mb  memory for caches and unsettled writes of all shards
  --appendfsync always | everysec | no
                      when an acknowledged write also survives a power cut
`

// Run is the whole life of a process that serves; args are the words behind the subcommand. It returns the exit status.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprint(stdout, usage)
		return 0
	}
	ignoreSignals()
	params, parent := param.New(), startedBy()
	if parent != nil {
		return serveFor(parent, params, stdout)
	}
	err := params.Load(args, stdin)
	if err == nil {
		err = resp.CheckConfig(params)
	}
	if err != nil {
		fmt.Fprintln(stderr, report(err))
		return 1
	}
	log, closeLog, err := newLog(params, stdout)
	if err != nil {
		fmt.Fprintln(stderr, report(err))
		return 1
	}
	defer closeLog()
	by := findSupervisor(params, log)
	if params.Bool("daemonize") && by == unsupervised {
		return startInBackground(params, stderr)
	}
	return (&process{params: params, log: log, by: by, ready: func() {}}).run(stderr)
}

// process is what the server has around it.
type process struct {
	params  *param.Set
	log     *slog.Logger
	by      supervisor
	signals *signals
	ready   func() // called once the server serves
}

// run serves until the end and says what went wrong; it returns the exit status.
func (p *process) run(stderr io.Writer) int {
	p.signals = watchSignals(p.log)
	if err := p.serve(); err != nil {
		if p.params.String("logfile") != "" || p.params.Bool("syslog-enabled") {
			p.log.Error(err.Error())
		}
		fmt.Fprintln(stderr, "larder:", err)
		return 1
	}
	return p.signals.status()
}

func report(err error) string {
	var e *param.LoadError
	if errors.As(err, &e) {
		return e.Report(cmd.RedisVersion)
	}
	return err.Error()
}

// serve opens everything, waits for a signal or SHUTDOWN, and closes in reverse order.
func (p *process) serve() error {
	params, log := p.params, p.log
	defer removePid(pathOf(params, "pidfile")) // last of all: who waits for it may open the data
	fitClients(params, log)
	listener, err := listen(params, log)
	if err != nil {
		return err
	}
	defer listener.Close()
	defer reloadOnHangup(listener.terms, log)()
	stopProfiles, err := serveProfiles(params)
	if err != nil {
		return err
	}
	defer stopProfiles()
	limitHeap(params)
	followOOMScore(params, oomScoreFile, log)
	dir, engine, err := openData(params)
	if err != nil {
		return err
	}
	defer dir.Close()
	defer func() {
		if err := engine.Close(); err != nil {
			log.Warn("Closed, but for what follows; the journal holds what the data files lack, and the next start takes it "+
				"from there", "error", err)
		}
	}()
	self, err := openNode(params, dir, engine)
	if err != nil {
		return err
	}
	var work upkeep
	var room budget
	stop := make(chan struct{})
	var once sync.Once
	server, err := resp.New(resp.Options{Engine: engine, Params: params, Log: log, Node: self,
		Functions: dir.Functions(), CacheStats: dir.CacheStats(), Supervisor: string(p.by),
		Background: func(t resp.Through) resp.Background {
			work, room = newUpkeep(engine, params, log, t), newBudget(engine, params, log, t)
			return resp.Background{Upkeep: work, Budget: room, Culler: culler{work.Loop, room.Evictor}}
		},
		Stop: func() { once.Do(func() { close(stop) }) }})
	if err != nil {
		return err
	}
	work.Start()
	defer work.Stop()
	room.Start()
	defer room.Stop()
	defer tendProcessors(engine.occupied(), engine.begins)()
	defer server.Close() // first of all: a script without an end would keep the others waiting
	go func() {
		if err := server.Serve(listener); err != nil {
			log.Error("the listener failed", "error", err)
		}
	}()
	p.waitForEnd(listener, stop)
	return nil
}

func (p *process) waitForEnd(listener *doors, stop <-chan struct{}) {
	p.signals.serving.Store(true)
	writePid(pathOf(p.params, "pidfile"), p.log)
	greet(p.params, p.log, listener.Addrs())
	p.ready()
	p.by.ready(p.log)
	select {
	case s := <-p.signals.first:
		p.log.Info("Received a signal, closing", "signal", s.String())
	case <-stop:
		p.log.Info("A client asked for SHUTDOWN, closing")
	}
	p.by.stopping(p.log)
}

// greet says what a newcomer needs: where it listens, where the data is, how to connect.
func greet(params *param.Set, log *slog.Logger, addrs []net.Addr) {
	if names := params.Ignored(); len(names) > 0 {
		log.Info("Some directives have no meaning here; they are kept and answered by CONFIG GET", "directives", names)
	}
	for _, addr := range addrs {
		log.Info("Listening", "address", addr.String())
	}
	log.Info("Data", "dir", params.String("dir"), "shards", params.Int("shards"),
		"appendfsync", params.String("appendfsync"))
	log.Info("Ready to accept connections", "version", cmd.Version, "connect", hint(addrs, params.Int("tls-port")))
}

// hint is a command that connects.
func hint(addrs []net.Addr, tlsPort int64) string {
	for _, addr := range addrs {
		tcp, ok := addr.(*net.TCPAddr)
		if !ok {
			continue
		}
		command := fmt.Sprintf("redis-cli -p %d", tcp.Port)
		if !tcp.IP.IsLoopback() && !tcp.IP.IsUnspecified() {
			command = fmt.Sprintf("redis-cli -h %s -p %d", tcp.IP, tcp.Port)
		}
		if int64(tcp.Port) == tlsPort {
			command += " --tls"
		}
		return command
	}
	if len(addrs) > 0 {
		return "redis-cli -s " + addrs[0].String()
	}
	return "nothing to connect to: port is 0 and no unixsocket is set"
}

// openData claims the directory, opens one SQLite file for each shard and puts the engine in front of them.
func openData(params *param.Set) (*datadir.Dir, *data, error) {
	n := int(params.Int("shards"))
	dir, err := datadir.Claim(params.String("dir"), n, nil)
	if err != nil {
		return nil, nil, err
	}
	files, err := openFiles(params, dir, n)
	if err != nil {
		dir.Close()
		return nil, nil, err
	}
	e, err := openEngine(params, dir, files)
	if err != nil {
		closeFiles(files)
		dir.Close()
		return nil, nil, err
	}
	d := &data{Engine: e, dir: dir, files: files}
	d.follow(params)
	return dir, d, nil
}
