package resp_test

import (
	"sync"
	"testing"
	"time"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// slowDisk has SQLite's reads of files take their time: it stands in for the system call in SQLite's own table of them.
// Everything of this process that SQLite reads goes through it. For any goroutine.
type slowDisk struct {
	read preads // what the table points to, so that the collector sees it
	was  preads

	mu       sync.Mutex
	held     chan struct{} // reads wait until it is closed, if it is not nil
	delay    time.Duration
	by       map[*libc.TLS]int // reads, by the connection that made them
	inFlight int
	most     int // of inFlight
}

// preads is pread(2) as the translated library calls it.
type preads func(tls *libc.TLS, fd int32, to uintptr, n lib.Tsize_t, at lib.Toff_t) lib.Tssize_t

// newSlowDisk comes after the first file was opened: SQLite is configured by then.
func newSlowDisk(t *testing.T) *slowDisk {
	t.Helper()
	d := &slowDisk{by: map[*libc.TLS]int{}}
	d.read = d.pread
	tls := libc.NewTLS()
	name, err := libc.CString("pread")
	if err != nil {
		t.Fatal(err)
	}
	vfs := lib.Xsqlite3_vfs_find(tls, 0)
	table := inC[*lib.Tsqlite3_vfs](vfs)
	d.was = inC[preads](inC[func(*libc.TLS, uintptr, uintptr) uintptr](table.FxGetSystemCall)(tls, vfs, name))
	set := inC[func(*libc.TLS, uintptr, uintptr, uintptr) int32](table.FxSetSystemCall)
	if rc := set(tls, vfs, name, *(*uintptr)(unsafe.Pointer(&d.read))); rc != lib.SQLITE_OK {
		t.Fatalf("SQLite keeps its pread: %d", rc)
	}
	t.Cleanup(func() {
		set(tls, vfs, name, 0)
		libc.Xfree(tls, name)
		tls.Close()
	})
	return d
}

// inC reads what C memory holds as something of Go's.
func inC[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

func (d *slowDisk) pread(tls *libc.TLS, fd int32, to uintptr, n lib.Tsize_t, at lib.Toff_t) lib.Tssize_t {
	d.mu.Lock()
	held, delay := d.held, d.delay
	d.by[tls]++
	d.inFlight++
	d.most = max(d.most, d.inFlight)
	d.mu.Unlock()
	if held != nil {
		<-held
	}
	time.Sleep(delay)
	d.mu.Lock()
	d.inFlight--
	d.mu.Unlock()
	return d.was(tls, fd, to, n, at)
}

// hold has reads wait until release is called, and take so long from then on.
func (d *slowDisk) hold(delay time.Duration) (release func()) {
	held := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held, d.delay = held, delay
	return func() {
		d.mu.Lock()
		d.held = nil
		d.mu.Unlock()
		close(held)
	}
}

// count forgets what was read so far.
func (d *slowDisk) count() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.by)
	d.most = d.inFlight
}

func (d *slowDisk) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inFlight
}

// reads is how many reads some connections have made, and all.
func (d *slowDisk) reads(of map[*libc.TLS]bool) (some, all int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for tls, n := range d.by {
		all += n
		if of[tls] {
			some += n
		}
	}
	return some, all
}

// readers are the connections that have read since count.
func (d *slowDisk) readers() map[*libc.TLS]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := map[*libc.TLS]bool{}
	for tls := range d.by {
		list[tls] = true
	}
	return list
}
