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
	Any // of the above
)

func (k Kind) String() string {
	return [...]string{"none", "write", "fsync", "fsync of a directory", "rename", "creation", "removal", "truncation", "operation"}[k]
}

// Trigger cuts the power at the N-th operation of a kind, before it or after it. It counts from the first
// operation of kind Since on, unless that is None.
type Trigger struct {
	Since Kind
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
		s += fmt.Sprintf(" since a %s", t.Since)
	}
	return s
}

// meets counts an operation and reports whether it is the one.
func (t *Trigger) meets(k Kind) bool {
	if t == nil || t.N <= 0 {
		return false
	}
	if t.Since != None {
		if k == t.Since {
			t.Since = None
		}
		return false
	}
	if t.Kind != k && t.Kind != Any {
		return false
	}
	t.N--
	return t.N == 0
}
