// Package disk is a file system in memory, served through FUSE, that loses power. It keeps what
// processes see apart from what is durable: the bytes and the size of a file become durable by
// fsync or fdatasync of that file, and names (creations, renames, removals) by fsync of their directory,
// and by nothing else. A cut takes back what is not durable, as luck has it: each sector and each size on its own,
// the changes of a directory from some point on. Real file systems promise more, each something else;
// a program that survives here leans on none of it.
//
// One thing is tamer than the worst of disks: a sector is old or new or, where a file grew, zeros. It is
// never rubbish, and what was synced stays.
package disk

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Disk is the file system. It outlives its mounts. For any goroutine.
type Disk struct {
	mu    sync.Mutex
	root  *node
	next  uint64
	nodes map[uint64]*node // those the kernel knows
	armed *Trigger
	moved uint64 // the file that was renamed or created last
	power *power
	log   []string // the last operations
}

// power is on until it is cut.
type power struct {
	onCut func()        // kills who uses the disk
	cut   chan struct{} // closed when the power is off: nothing changes any more
	gone  chan struct{} // closed when onCut has returned: those who wait learn that their operation failed
	at    time.Time     // of the cut
}

// New is an empty disk without power.
func New() *Disk {
	d := &Disk{next: rootIno}
	d.root = d.newNode(dirMode | 0o755)
	return d
}

// rootIno is what FUSE calls the root.
const rootIno = 1

func (d *Disk) newNode(mode uint32) *node {
	n := &node{ino: d.next, mode: mode}
	if d.next++; mode&typeMask == dirMode {
		n.dir = newDirectory()
	} else {
		n.file = &content{}
	}
	return n
}

// PowerOn starts a life. onCut is called when the power goes: it must end, with SIGKILL, every
// process that uses the disk. Until it returns nobody learns that an operation failed, so nobody can act on
// that, as nobody can when the machine is dark.
func (d *Disk) PowerOn(onCut func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nodes, d.armed, d.log = map[uint64]*node{rootIno: d.root}, nil, nil
	d.power = &power{onCut: onCut, cut: make(chan struct{}), gone: make(chan struct{})}
}

// Arm cuts the power when the trigger's operation comes.
func (d *Disk) Arm(t Trigger) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = &t
}

// Disarm calls it off.
func (d *Disk) Disarm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = nil
}

// Cut takes the power away, unless it is gone already.
func (d *Disk) Cut() {
	d.mu.Lock()
	dark := d.dark()
	if !dark {
		d.powerOff()
	}
	d.mu.Unlock()
	if !dark {
		d.finish()
	}
}

// Dark is closed when the power is gone.
func (d *Disk) Dark() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.power.cut
}

// CutAt is when the power went.
func (d *Disk) CutAt() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.power.at
}

func (d *Disk) dark() bool { return !d.power.at.IsZero() }

func (d *Disk) powerOff() {
	d.power.at = time.Now()
	close(d.power.cut)
}

func (d *Disk) isDir(ino uint64) bool {
	n := d.nodes[ino]
	return n != nil && n.dir != nil
}

// finish kills, then lets those go who wait for an answer.
func (d *Disk) finish() {
	d.power.onCut()
	close(d.power.gone)
}

// do runs an operation, unless the power is gone, or goes just before or after it. It reports whether the operation's
// outcome may be told.
func (d *Disk) do(k Kind, ino uint64, operation func()) bool {
	d.mu.Lock()
	if d.dark() {
		gone := d.power.gone
		d.mu.Unlock()
		<-gone
		return false
	}
	if k != None {
		d.note(k, ino)
	}
	cut := k != None && d.armed.meets(k, ino == d.moved || d.isDir(ino))
	if !cut || d.armed.After {
		operation()
	}
	if cut {
		d.powerOff()
	}
	d.mu.Unlock()
	if cut {
		d.finish()
	}
	return !cut
}

// Lose decides what has survived the cut. The disk has no mount then.
func (d *Disk) Lose(rnd *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.root.cut(weather(rnd))
}

// remembered is how many operations Last tells.
const remembered = 16

// note remembers an operation. Repeated writes count as one.
func (d *Disk) note(k Kind, ino uint64) {
	line := k.String()
	if n := d.nodes[ino]; n != nil {
		line += " " + n.name
	}
	if len(d.log) > 0 && d.log[len(d.log)-1] == line {
		return
	}
	if len(d.log) == remembered {
		d.log = d.log[1:]
	}
	d.log = append(d.log, line)
}

// Last are the last operations before the power went, the one that it went at included; of names the directory is told.
func (d *Disk) Last() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.log)
}

// Image is a copy of what processes see.
type Image struct{ root *node }

// Image is the disk as it is now.
func (d *Disk) Image() Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Image{d.root.copied()}
}

// Export writes the image into a directory of the real file system.
func (i Image) Export(dir string) error {
	if i.root == nil {
		return errors.New("there was no cut yet")
	}
	return i.root.export(dir)
}

func sorted(names map[string]*node) []string { return slices.Sorted(maps.Keys(names)) }
