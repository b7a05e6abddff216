package capi

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// The memory of page caches. A page in a cache takes 4096 bytes and some 270 more, and the allocator below
// the translated SQLite rounds that up to 8192: half of all page caches would be air. Pages come
// from regions cut into slots of their own size instead. SQLite's own way, a buffer given by
// SQLITE_CONFIG_PAGECACHE, would put all caches of the process under one lock.

const (
	slotBytes   = 4368    // a page with what SQLite keeps beside it, and no more
	slotLeast   = 4096    // smaller requests are not pages
	regionBytes = 1 << 20 // 240 slots
	regionSlots = regionBytes / slotBytes
)

// region is a stretch of memory in slots.
type region struct {
	memory []byte
	base   uintptr
	free   []uint16 // slots that were given back
	fresh  int      // slots from here on were never lent
}

func (r *region) used() int { return r.fresh - len(r.free) }

// take lends a slot, 0 if there is none.
func (r *region) take() uintptr {
	if n := len(r.free); n > 0 {
		slot := r.free[n-1]
		r.free = r.free[:n-1]
		return r.base + uintptr(slot)*slotBytes
	}
	if r.fresh == regionSlots {
		return 0
	}
	r.fresh++
	return r.base + uintptr(r.fresh-1)*slotBytes
}

// pageMemory gives SQLite the memory of its pages; all else it leaves to the allocator that was there.
// For any goroutine.
type pageMemory struct {
	usual lib.Tsqlite3_mem_methods
	own   lib.Tsqlite3_mem_methods
	// What own points to, so that the collector sees it.
	malloc  func(*libc.TLS, int32) uintptr
	free    func(*libc.TLS, uintptr)
	realloc func(*libc.TLS, uintptr, int32) uintptr
	size    func(*libc.TLS, uintptr) int32

	mu      sync.Mutex
	regions atomic.Pointer[[]*region] // by base; replaced under mu, never changed
	lending *region                   // where the last slot came from
}

// configure puts pageMemory in place, once for the process and before SQLite is used: SQLite knows one
// allocator. It also leaves out SQLite's own statistics of memory, which cost a lock for each allocation.
var configure = sync.OnceValues(func() (*pageMemory, error) {
	m := &pageMemory{}
	m.regions.Store(&[]*region{})
	if err := configured(lib.SQLITE_CONFIG_MEMSTATUS, int32(0)); err != nil {
		return nil, err
	}
	if err := configured(lib.SQLITE_CONFIG_GETMALLOC, uintptr(unsafe.Pointer(&m.usual))); err != nil {
		return nil, err
	}
	m.malloc, m.free, m.realloc, m.size = m.lend, m.takeBack, m.resize, m.sizeOf
	m.own = m.usual
	m.own.FxMalloc = *(*uintptr)(unsafe.Pointer(&m.malloc))
	m.own.FxFree = *(*uintptr)(unsafe.Pointer(&m.free))
	m.own.FxRealloc = *(*uintptr)(unsafe.Pointer(&m.realloc))
	m.own.FxSize = *(*uintptr)(unsafe.Pointer(&m.size))
	return m, configured(lib.SQLITE_CONFIG_MALLOC, uintptr(unsafe.Pointer(&m.own)))
})

func configured(option int32, value any) error {
	tls := libc.NewTLS()
	defer tls.Close()
	args := libc.NewVaList(value)
	defer libc.Xfree(tls, args)
	if rc := lib.Xsqlite3_config(tls, option, args); rc != lib.SQLITE_OK {
		return &Error{Code: rc, Message: "SQLite does not take its configuration"}
	}
	return nil
}

// find is the region that memory belongs to, nil for memory of the usual allocator.
func (m *pageMemory) find(p uintptr) *region {
	all := *m.regions.Load()
	i, found := slices.BinarySearchFunc(all, p, func(r *region, p uintptr) int {
		switch {
		case p < r.base:
			return 1
		case p >= r.base+regionBytes:
			return -1
		}
		return 0
	})
	if !found {
		return nil
	}
	return all[i]
}

func (m *pageMemory) lend(tls *libc.TLS, n int32) uintptr {
	if n > slotLeast && n <= slotBytes {
		if p := m.slot(); p != 0 {
			return p
		}
	}
	return function[func(*libc.TLS, int32) uintptr](m.usual.FxMalloc)(tls, n)
}

// slot looks at the region of the last slot first, then at the others, then makes one.
func (m *pageMemory) slot() uintptr {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lending != nil {
		if p := m.lending.take(); p != 0 {
			return p
		}
	}
	for _, r := range *m.regions.Load() {
		if p := r.take(); p != 0 {
			m.lending = r
			return p
		}
	}
	memory, err := syscall.Mmap(-1, 0, regionBytes, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return 0
	}
	r := &region{memory: memory, base: uintptr(unsafe.Pointer(&memory[0]))}
	all := append(slices.Clone(*m.regions.Load()), r)
	slices.SortFunc(all, func(a, b *region) int { return cmp.Compare(a.base, b.base) })
	m.regions.Store(&all)
	m.lending = r
	return r.take()
}

func (m *pageMemory) takeBack(tls *libc.TLS, p uintptr) {
	r := m.find(p)
	if r == nil {
		function[func(*libc.TLS, uintptr)](m.usual.FxFree)(tls, p)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r.free = append(r.free, uint16((p-r.base)/slotBytes))
	if r.used() == 0 && r != m.lending {
		m.giveBack(r)
	}
}

// giveBack returns a region's memory to the system. The caller holds mu.
func (m *pageMemory) giveBack(r *region) {
	all := slices.DeleteFunc(slices.Clone(*m.regions.Load()), func(o *region) bool { return o == r })
	m.regions.Store(&all)
	_ = syscall.Munmap(r.memory) // it fails only for what is no mapping
}

func (m *pageMemory) sizeOf(tls *libc.TLS, p uintptr) int32 {
	if m.find(p) != nil {
		return slotBytes
	}
	return function[func(*libc.TLS, uintptr) int32](m.usual.FxSize)(tls, p)
}

func (m *pageMemory) resize(tls *libc.TLS, p uintptr, n int32) uintptr {
	if m.find(p) == nil {
		return function[func(*libc.TLS, uintptr, int32) uintptr](m.usual.FxRealloc)(tls, p, n)
	}
	if n <= slotBytes {
		return p
	}
	larger := function[func(*libc.TLS, int32) uintptr](m.usual.FxMalloc)(tls, n)
	if larger != 0 {
		libc.Xmemcpy(tls, larger, p, slotBytes)
		m.takeBack(tls, p)
	}
	return larger
}

// function makes a function of the translated library's callable.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }
