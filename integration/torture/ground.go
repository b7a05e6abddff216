package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"larder/integration/torture/disk"
)

// ground is what a server stands on, and how its life ends there. It belongs to a lane's goroutine.
type ground interface {
	// dir is the data directory.
	dir() string
	// arm may prepare an end that comes by itself, and says which. came is closed when it has come; armed is false if
	// it will not, unless something else fails.
	arm(during string, rnd *rand.Rand) (plan string, armed bool, came <-chan struct{})
	// disarm calls that off, unless it has come.
	disarm()
	// end ends the server now, unless it has ended as it was armed to, and makes the directory ready for the next.
	// It returns when the end came.
	end(s *server) (time.Time, error)
	// abandon leaves nothing behind when the rig is interrupted. Any goroutine may call it.
	abandon()
	// keep copies what the last end has left, for people. last is what happened before it.
	keep(to string) (last []string, err error)
	close() error
}

// kills is a directory on a real file system, where the process dies alone.
type kills struct {
	path string
}

func newKills() (*kills, error) {
	path, err := os.MkdirTemp("", "torture-kills")
	return &kills{path}, err
}

func (k *kills) dir() string { return filepath.Join(k.path, "data") }

func (k *kills) arm(string, *rand.Rand) (string, bool, <-chan struct{}) { return "kill -9", false, nil }

func (k *kills) disarm() {}

func (k *kills) abandon() { os.RemoveAll(k.path) }

func (k *kills) end(s *server) (time.Time, error) {
	s.kill()
	return time.Now(), s.wait()
}

func (k *kills) keep(to string) ([]string, error) { return nil, os.CopyFS(to, os.DirFS(k.dir())) }

func (k *kills) close() error { return os.RemoveAll(k.path) }

// cuts is a disk that loses power.
type cuts struct {
	disk    *disk.Disk
	path    string
	mounted atomic.Pointer[disk.Mount]
	rnd     *rand.Rand
	running *atomic.Pointer[server]
	image   disk.Image
	last    []string
}

func newCuts(rnd *rand.Rand, running *atomic.Pointer[server]) (*cuts, error) {
	path, err := os.MkdirTemp("", "torture-cuts")
	if err != nil {
		return nil, err
	}
	c := &cuts{disk: disk.New(), path: path, rnd: rnd, running: running}
	return c, c.powerOn()
}

func (c *cuts) dir() string { return filepath.Join(c.path, "data") }

func (c *cuts) powerOn() error {
	c.disk.PowerOn(func() {
		if s := c.running.Load(); s != nil {
			s.kill()
		}
	})
	m, err := c.disk.Mount(c.path)
	if err == nil {
		c.mounted.Store(m)
	}
	return err
}

// arm draws the operation at which the power goes. A start has fewer of them than a round of writes.
func (c *cuts) arm(during string, rnd *rand.Rand) (string, bool, <-chan struct{}) {
	t := disk.Trigger{After: rnd.IntN(2) == 0}
	switch r := rnd.IntN(10); {
	case during == "start":
		t.Kind, t.N = disk.Any, 1+rnd.IntN(250)
	case r < 5 || during == "heavy":
		// Steps that must not get out of order are close to a change of names: the journal makes a segment out of
		// an old one, or puts one aside.
		t.Since, t.Seen, t.Kind, t.N = disk.Rename, 1+rnd.IntN(6), disk.Near, 1+rnd.IntN(4)
		if during == "heavy" {
			t.Seen = 1 + rnd.IntN(4)
		}
	case r < 8:
		kinds := []disk.Kind{disk.Write, disk.Sync, disk.SyncDir, disk.Rename, disk.Create, disk.Remove, disk.Truncate}
		t.Kind = kinds[rnd.IntN(len(kinds))]
		t.N = 1 + rnd.IntN(map[disk.Kind]int{disk.Write: 3000, disk.Sync: 300}[t.Kind]+6)
	default:
		return "cut at some time", false, c.disk.Dark()
	}
	c.disk.Arm(t)
	return "cut " + t.String(), true, c.disk.Dark()
}

func (c *cuts) abandon() {
	if m := c.mounted.Load(); m != nil {
		m.Abandon()
	}
	os.Remove(c.path)
}

func (c *cuts) disarm() { c.disk.Disarm() }

func (c *cuts) end(s *server) (time.Time, error) {
	c.disk.Cut()
	c.last = c.disk.Last()
	at := c.disk.CutAt()
	if err := s.wait(); err != nil {
		return at, err
	}
	if err := c.mounted.Load().Close(); err != nil {
		return at, err
	}
	c.disk.Lose(c.rnd)
	c.image = c.disk.Image()
	return at, c.powerOn()
}

func (c *cuts) keep(to string) ([]string, error) { return c.last, c.image.Export(to) }

func (c *cuts) close() error {
	err := c.mounted.Load().Close()
	if errors.Is(err, syscall.EBUSY) {
		err = fmt.Errorf("somebody still uses %s: %w", c.path, err)
	}
	return errors.Join(err, os.Remove(c.path))
}
