// Package check is the subcommand that looks for damage in a data directory while no server has it.
package check

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"larder/disk"
	"larder/shard"
	"larder/shard/datadir"
	"larder/store"
	"larder/store/sqlite"
	"larder/store/sqlite/repair"
	"larder/store/sqlite/sqlfile"
	"larder/store/wal"
)

// The exit codes of check.
const (
	Sound     = 0 // nothing was found, or all of it was mended
	Unsound   = 1 // something is left to be mended
	Unchecked = 2 // it could not be looked at: usage, a server that runs, an error of the device
)

const usage = `Usage: larder check DIR [--fix] [--json]

Looks for damage in the data directory DIR, which no server may be using.

  --fix    mends what it finds; what cannot be read any more is kept beside what takes its place
  --json   writes the report as one JSON object

Exit codes: 0 sound or mended, 1 something is left to be mended, 2 not checked
`

// Run is the subcommand; args are the words behind its name. It returns the exit code.
func Run(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	fix, asJSON := flags.Bool("fix", false, ""), flags.Bool("json", false, "")
	dirs, err := words(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return Sound
	case err != nil || len(dirs) != 1:
		fmt.Fprint(stderr, usage)
		return Unchecked
	}
	r := &report{Dir: dirs[0], Fix: *fix, Findings: []finding{}}
	if err := inspect(context.Background(), r); err != nil {
		r.Error = err.Error()
	}
	r.conclude()
	if *asJSON {
		r.json(stdout)
	} else {
		r.text(stdout)
	}
	return r.code()
}

// words parses flags wherever they stand and returns what is none.
func words(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if args = flags.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

// inspect looks at the log and the files' pages first: only what is sound can be opened as
// the server does, and only then is the rest compared.
func inspect(ctx context.Context, r *report) error {
	if _, err := os.Stat(filepath.Join(r.Dir, "shards")); err != nil {
		return fmt.Errorf("there is no data in %s", r.Dir)
	}
	dir, err := datadir.Claim(r.Dir, 0, nil)
	if err != nil {
		return err
	}
	defer dir.Close()
	r.Shards = dir.Shards()
	found, err := wal.Check(dir.Path(), r.Fix)
	r.add(found...)
	if err != nil {
		return err
	}
	if err := r.files(dir); err != nil {
		return err
	}
	if r.left() > 0 {
		r.Note = "the keys were not looked at: the files must be sound first"
		return nil
	}
	return r.keys(ctx, dir)
}

// files checks that every shard's file is there and that its pages can be read.
func (r *report) files(dir *datadir.Dir) error {
	for i := range dir.Shards() {
		path := dir.ShardPath(i)
		if _, err := os.Stat(path); os.IsNotExist(err) {
			if err := r.absent(dir, i); err != nil {
				return err
			}
			continue
		}
		texts, err := repair.Damage(path)
		if err != nil {
			return err
		}
		if err := r.damaged(dir, i, texts); err != nil {
			return err
		}
	}
	return nil
}

// absent reports a shard without a file. In a directory that was never used it is no loss.
func (r *report) absent(dir *datadir.Dir, i int) error {
	if path := dir.ShardPath(i); sqlfile.Interrupted(path) {
		return r.unfinished(path, i)
	}
	others, err := disk.List(dir.Path(), "shard-*")
	if err == nil && len(others) > 0 {
		r.add(store.Finding{Shard: i, Subject: "file " + filepath.Base(dir.ShardPath(i)),
			Problem: "is missing, and its keys with it",
			Repair:  "an empty one is made; put the file back instead if there is a copy", Fixed: r.Fix})
	}
	return err
}

// unfinished reports a shard whose repair a crash has interrupted.
func (r *report) unfinished(path string, i int) (err error) {
	if r.Fix {
		_, err = repair.Salvage(path, nil)
	}
	r.add(store.Finding{Shard: i, Subject: "file " + filepath.Base(path),
		Problem: "was put aside by a repair that was interrupted",
		Repair:  "what that has copied takes its place", Fixed: r.Fix && err == nil})
	return err
}

// damaged reports pages and copies what can be read.
func (r *report) damaged(dir *datadir.Dir, i int, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	path := dir.ShardPath(i)
	remedy, fixed := "what can be read is copied into a new file; the damaged one is kept beside it", false
	var done repair.Salvaged
	if r.Fix {
		lent, err := lentBy(dir, i)
		if err != nil {
			return err
		}
		if done, err = repair.Salvage(path, lent); err != nil {
			return err
		}
		fixed = true
		remedy = fmt.Sprintf("%d rows are copied into a new file; the damaged one is kept as %s", done.Rows, done.Kept)
	}
	for _, text := range texts {
		r.add(store.Finding{Shard: i, Subject: "file " + filepath.Base(path), Problem: text, Repair: remedy, Fixed: fixed,
			Damage: true})
	}
	for _, gap := range done.Gaps {
		r.add(store.Finding{Shard: i, Subject: gap, Problem: "cannot be read and are lost",
			Repair: "restore them from a copy, if there is one", Fixed: true})
	}
	return nil
}

// lentBy lists the ids of a shard that keys of the others name.
func lentBy(dir *datadir.Dir, home int) (ids []store.ID, err error) {
	for i := range dir.Shards() {
		path := dir.ShardPath(i)
		if _, missing := os.Stat(path); i == home || missing != nil {
			continue
		}
		more, failed := repair.Lent(path, home)
		ids, err = append(ids, more...), errors.Join(err, failed)
	}
	return ids, err
}

// keys opens the data as the server does, which brings what the log has into the files, and
// has every shard checked.
func (r *report) keys(ctx context.Context, dir *datadir.Dir) (err error) {
	var bases []store.Base
	defer func() {
		for _, b := range bases {
			err = errors.Join(err, b.Close())
		}
	}()
	for i := range dir.Shards() {
		f, err := openFile(dir.ShardPath(i))
		if err != nil {
			return err
		}
		bases = append(bases, f)
	}
	e, err := r.settled(dir, bases)
	if e == nil || err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	found, err := e.Check(ctx, r.Fix)
	r.add(found...)
	return err
}

// openFile opens a shard and leaves its indexes as the server wants them.
func openFile(path string) (*sqlite.Engine, error) {
	ordered := false
	if _, err := os.Stat(path); err == nil {
		if ordered, err = sqlite.Ordered(path); err != nil {
			return nil, err
		}
	}
	return sqlite.Open(path, sqlite.Options{Ordered: ordered})
}

// settled puts the engine before the files. nil is one whose log does not fit them, which has been said.
func (r *report) settled(dir *datadir.Dir, bases []store.Base) (*shard.Engine, error) {
	e, err := shard.Open(dir.Path(), bases, shard.Options{Manual: true})
	var refusal *store.Error
	if !errors.As(err, &refusal) || refusal.Code != store.CodeDamaged {
		return e, err
	}
	r.add(store.Finding{Shard: -1, Subject: "journal", Problem: "does not fit the shards: " + refusal.Error(),
		Repair: "its segments are renamed to end with .aside, and their writes that the shards lack are not replayed",
		Fixed:  r.Fix})
	if !r.Fix {
		return nil, nil
	}
	if _, err := wal.SetAside(dir.Path()); err != nil {
		return nil, err
	}
	return shard.Open(dir.Path(), bases, shard.Options{Manual: true})
}
