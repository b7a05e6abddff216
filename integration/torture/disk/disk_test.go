package disk

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// life is a mounted disk, and what a test does to it through the kernel.
type life struct {
	t   *testing.T
	d   *Disk
	dir string
	m   *Mount
	rnd *rand.Rand
}

func live(t *testing.T) *life {
	l := &life{t: t, d: New(), dir: t.TempDir(), rnd: rand.New(rand.NewPCG(1, 2))}
	l.mount()
	t.Cleanup(func() { l.m.Close() })
	return l
}

func (l *life) mount() {
	l.t.Helper()
	l.d.PowerOn(func() {})
	var err error
	if l.m, err = l.d.Mount(l.dir); err != nil {
		l.t.Fatal(err)
	}
}

// cut loses all that was not synced, or takes all of it, or what the weather gives.
func (l *life) cut(newest, oldest float64) {
	l.t.Helper()
	l.d.Cut()
	l.must(l.m.Close())
	l.d.root.cut(luck{l.rnd, newest, oldest, 512, newest, oldest})
	l.mount()
}

func (l *life) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) path(name string) string { return filepath.Join(l.dir, name) }

func (l *life) open(name string) *os.File {
	l.t.Helper()
	f, err := os.OpenFile(l.path(name), os.O_RDWR|os.O_CREATE, 0o600)
	l.must(err)
	return f
}

// write writes at an offset, and syncs the file if asked to.
func (l *life) write(name string, at int64, data []byte, sync bool) {
	l.t.Helper()
	f := l.open(name)
	_, err := f.WriteAt(data, at)
	l.must(err)
	if sync {
		l.must(f.Sync())
	}
	l.must(f.Close())
}

func (l *life) syncDir() {
	l.t.Helper()
	d, err := os.Open(l.dir)
	l.must(err)
	l.must(d.Sync())
	l.must(d.Close())
}

func (l *life) wants(name, text string) {
	l.t.Helper()
	if got, err := os.ReadFile(l.path(name)); err != nil || string(got) != text {
		l.t.Errorf("%s holds %.40q (%v), not %.40q", name, got, err, text)
	}
}

func (l *life) lacks(name string) {
	l.t.Helper()
	if _, err := os.Stat(l.path(name)); !errors.Is(err, os.ErrNotExist) {
		l.t.Errorf("%s is there: %v", name, err)
	}
}

// TestWhatIsNotSyncedIsGone is the control without which nothing that the rig says means anything.
func TestWhatIsNotSyncedIsGone(t *testing.T) {
	l := live(t)
	l.write("a", 0, []byte("synced"), true)
	l.write("entry-lost", 0, []byte("synced, but its name is not"), true)
	l.must(os.Remove(l.path("entry-lost")))
	l.syncDir()
	l.write("a", 0, []byte("SYNCED and longer"), false)
	l.write("no-entry", 0, []byte("synced, but its name is not"), true)
	l.wants("a", "SYNCED and longer")
	l.cut(0, 1)
	l.wants("a", "synced")
	l.lacks("no-entry")
	l.lacks("entry-lost")
}

// TestNamesAreTakenBack: renames, removals and creations, each without a sync of the directory.
func TestNamesAreTakenBack(t *testing.T) {
	l := live(t)
	for _, name := range []string{"old", "removed", "target", "source"} {
		l.write(name, 0, []byte(name), true)
	}
	l.syncDir()
	l.must(os.Rename(l.path("old"), l.path("new")))
	l.must(os.Rename(l.path("source"), l.path("target")))
	l.must(os.Remove(l.path("removed")))
	l.must(os.Mkdir(l.path("made"), 0o700))
	l.write("target", 0, []byte("SOURCE"), true) // the bytes are the file's, whatever it is called
	l.cut(0, 1)
	l.wants("old", "old")
	l.lacks("new")
	l.wants("target", "target")
	l.wants("source", "SOURCE")
	l.wants("removed", "removed")
	l.lacks("made")
}

// TestWhatIsSyncedStays, whatever the weather; and truncations are lost or kept as writes are.
func TestWhatIsSyncedStays(t *testing.T) {
	l := live(t)
	l.write("a", 0, bytes.Repeat([]byte("x"), 5000), true)
	l.must(os.Rename(l.path("a"), l.path("b")))
	l.syncDir()
	l.cut(0, 1)
	l.wants("b", string(bytes.Repeat([]byte("x"), 5000)))
	l.lacks("a")
	l.must(os.Truncate(l.path("b"), 3))
	l.wants("b", "xxx")
	l.cut(0, 1)
	l.wants("b", string(bytes.Repeat([]byte("x"), 5000)))
	l.must(os.Truncate(l.path("b"), 3))
	l.must(os.Rename(l.path("b"), l.path("c")))
	l.cut(1, 0)
	l.wants("c", "xxx")
}

// TestTorn: a write of many sectors arrives in part, a prefix of the renames with it, and what is synced is whole.
func TestTorn(t *testing.T) {
	l := live(t)
	const size = 64 * 512
	l.write("synced", 0, bytes.Repeat([]byte("s"), size), true)
	l.write("torn", 0, bytes.Repeat([]byte("a"), size), true)
	l.syncDir()
	torn, prefixes := 0, map[int]bool{}
	for range 20 {
		l.write("torn", 0, bytes.Repeat([]byte("b"), size), false)
		for i := range 3 {
			l.write("n"+string(rune('0'+i)), 0, nil, false)
		}
		l.cut(0, 0)
		l.wants("synced", string(bytes.Repeat([]byte("s"), size)))
		got, err := os.ReadFile(l.path("torn"))
		l.must(err)
		if len(got) != size || bytes.Count(got, []byte("a"))+bytes.Count(got, []byte("b")) != size {
			t.Fatalf("%d bytes, some of them rubbish", len(got))
		}
		if n := bytes.Count(got, []byte("b")); n%512 != 0 {
			t.Fatalf("%d bytes are new: a sector is not whole", n)
		} else if n > 0 && n < size {
			torn++
		}
		names, err := os.ReadDir(l.dir)
		l.must(err)
		prefixes[len(names)-2] = true
		for i := range 3 {
			os.Remove(l.path("n" + string(rune('0'+i))))
		}
		l.write("torn", 0, bytes.Repeat([]byte("a"), size), true)
		l.syncDir()
	}
	if torn < 15 || len(prefixes) != 4 {
		t.Errorf("%d of 20 writes were torn, %d of 4 prefixes seen", torn, len(prefixes))
	}
}

// TestTruncationAndRewrite: what was written behind a truncation that got lost does not hide what it cut off, and
// after one that happened there are zeros, not the old bytes.
func TestTruncationAndRewrite(t *testing.T) {
	l := live(t)
	l.write("a", 0, bytes.Repeat([]byte("o"), 2048), true)
	l.syncDir()
	seen := map[string]bool{}
	for range 60 {
		l.must(os.Truncate(l.path("a"), 512))
		l.write("a", 1536, bytes.Repeat([]byte("n"), 512), false)
		l.cut(0, 0)
		got, err := os.ReadFile(l.path("a"))
		l.must(err)
		state := ""
		for i := 0; i < len(got); i += 512 {
			state += string(got[i : i+1])
		}
		seen[state] = true
		l.write("a", 0, bytes.Repeat([]byte("o"), 2048), true)
	}
	for state := range seen {
		switch state {
		case "oooo", "ooon", "o", "o\x00\x00n", "o\x00\x00\x00":
		default:
			t.Errorf("%q can be read, which the file never held", state)
		}
	}
	if len(seen) < 4 {
		t.Errorf("only %d states were seen: %v", len(seen), seen)
	}
}

// TestTriggers cut before and after the operation they name, and nothing changes from then on.
func TestTriggers(t *testing.T) {
	for _, after := range []bool{false, true} {
		l := live(t)
		l.write("a", 0, []byte("1"), true)
		l.syncDir()
		l.d.Arm(Trigger{Since: Rename, Seen: 1, Kind: Sync, N: 2, After: after})
		l.write("a", 0, []byte("2"), true)
		l.must(os.Rename(l.path("a"), l.path("b")))
		l.syncDir()
		l.write("b", 0, []byte("3"), true)
		f := l.open("b")
		_, err := f.WriteAt([]byte("4"), 0)
		l.must(err)
		if err := f.Sync(); !errors.Is(err, syscall.EIO) {
			t.Errorf("the sync of the cut answers %v", err)
		}
		<-l.d.Dark()
		if _, err := f.WriteAt([]byte("5"), 0); !errors.Is(err, syscall.EIO) {
			t.Errorf("a write in the dark answers %v", err)
		}
		f.Close()
		l.cut(0, 1)
		l.wants("b", map[bool]string{false: "3", true: "4"}[after])
	}
}

// TestMemoryIsShared and locked by the kernel as SQLite needs it, and gone after a cut.
func TestMemoryIsShared(t *testing.T) {
	l := live(t)
	l.write("shm", 0, make([]byte, 8192), true)
	l.syncDir()
	one, two := l.open("shm"), l.open("shm")
	a, err := syscall.Mmap(int(one.Fd()), 0, 8192, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	l.must(err)
	b, err := syscall.Mmap(int(two.Fd()), 0, 8192, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	l.must(err)
	a[5000] = 7
	if b[5000] != 7 {
		t.Error("the memory is not shared")
	}
	l.must(syscall.Flock(int(one.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	if err := syscall.Flock(int(two.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("a second lock: %v", err)
	}
	l.d.Cut()
	l.must(syscall.Munmap(a))
	l.must(syscall.Munmap(b))
	one.Close()
	two.Close()
	l.cut(0, 1)
	l.wants("shm", string(make([]byte, 8192)))
}
