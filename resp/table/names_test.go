package table

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	n, e := newNames(), &Entry{}
	long := strings.Repeat("xY", 64)
	for _, name := range []string{"get", "\xffa", long} {
		if !n.add(name, e) || n.add(string(upper([]byte(name))), e) {
			t.Error(name, "is not taken once")
		}
	}
	for _, name := range []string{"GET", "gEt", "\xffA", strings.ToLower(long)} {
		if n.find([]byte(name)) != e {
			t.Errorf("%q is not found", name)
		}
	}
	for _, name := range []string{"", "ge", "\xfea", long + "x", long[1:]} {
		if n.find([]byte(name)) != nil {
			t.Errorf("%q is found", name)
		}
	}
	if allocations := testing.AllocsPerRun(100, func() { n.find([]byte("get")) }); allocations != 0 {
		t.Error("finding a command allocates", allocations, "times")
	}
}
