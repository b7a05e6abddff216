package disk

import "fmt"

// Kind is a kind of operation that a cut can wait for.
type Kind int

const (
	None Kind = iota
	Write
	Sync    // of a file
	SyncDir // of a directory
	Rename
	Create
	Remove
	Truncate
	Any  // of the above
	Near // any on the file that was renamed or created last, or on a directory
)

func (k Kind) String() string {
	return [...]string{"none", "write", "fsync", "fsync of a directory", "rename", "creation", "removal", "truncation",
		"operation", "operation on it or its directory"}[k]
}

// Trigger cuts the power at the N-th operation of a kind, before it or after it. It counts once there were Seen
// operations of kind Since, if that is not None.
type Trigger struct {
	Since Kind
	Seen  int
	Kind  Kind
	N     int
	After bool
}

func (t Trigger) String() string {
	s := "before"
	if t.After {
		s = "after"
	}
	s = fmt.Sprintf("%s %s %d", s, t.Kind, t.N)
	if t.Since != None {
		s += fmt.Sprintf(" behind %s %d", t.Since, t.Seen)
	}
	return s
}

// meets counts an operation and reports whether it is the one. near says that it is of kind Near.
func (t *Trigger) meets(k Kind, near bool) bool {
	if t == nil || t.N <= 0 {
		return false
	}
	if t.Since != None && t.Seen > 0 {
		if k == t.Since {
			t.Seen--
		}
		return false
	}
	if t.Kind != k && t.Kind != Any && (t.Kind != Near || !near) {
		return false
	}
	t.N--
	return t.N == 0
}
