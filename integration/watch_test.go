package integration

import (
	"strconv"
	"sync"
	"testing"
)

// TestWatchSeesWritesUnderWay counts with INCR and, at the same time and on the same key,
// with WATCH, GET and SET. A write that has run but is not published yet, because its
// record is on its way to the disk, must not slip between WATCH and GET: GET would miss it,
// and EXEC would not know.
func TestWatchSeesWritesUnderWay(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--appendfsync", "always"}, {"--appendfsync", "no"}} {
		t.Run(args[1], func(t *testing.T) { countUnderWatch(t, startLarder(t, args...)) })
	}
}

func countUnderWatch(t *testing.T, s *server) {
	const each, sides = 150, 4
	var wg sync.WaitGroup
	for range sides {
		plain, watching := dial(t, s), dial(t, s)
		wg.Go(func() {
			for range each {
				if v, _ := plain.do("INCR", "n"); v.kind != ':' {
					t.Errorf("INCR: %v", v)
				}
			}
		})
		wg.Go(func() {
			for done := 0; done < each; {
				if v, _ := watching.do("WATCH", "n"); v.text != "OK" {
					t.Errorf("WATCH: %v", v)
				}
				v, _ := watching.do("GET", "n")
				n := 0
				if !v.null {
					n, _ = strconv.Atoi(v.text)
				}
				switch v := watching.transaction([]string{"SET", "n", strconv.Itoa(n + 1)}); {
				case v.kind == 'x' || v.isError():
					t.Errorf("EXEC: %v", v)
					return
				case !v.null:
					done++
				}
			}
		})
	}
	wg.Wait()
	if got := dial(t, s).must(t, "GET", "n").text; got != strconv.Itoa(2*each*sides) {
		t.Errorf("counted %s, want %d", got, 2*each*sides)
	}
}

// TestTrackingSeesWritesUnderWay turns tracking on and reads while a write is on its way to
// the disk that ran before: who reads the old value must be told.
func TestTrackingSeesWritesUnderWay(t *testing.T) {
	t.Parallel()
	s := startLarder(t, "--appendfsync", "always")
	writer, reader := dial(t, s), dial(t, s)
	reader.must(t, "HELLO", "3")
	for i := range 300 {
		n := strconv.Itoa(i)
		if _, err := writer.Write(encode("SET", "k", n)); err != nil {
			t.Fatal(err)
		}
		if _, err := reader.Write(append(encode("CLIENT", "TRACKING", "ON"), encode("GET", "k")...)); err != nil {
			t.Fatal(err)
		}
		pushed := false
		next := func() value {
			v, _ := reader.receive()
			for v.kind == '>' {
				pushed = true
				v, _ = reader.receive()
			}
			return v
		}
		next()
		got := next()
		if v, _ := writer.receive(); v.text != "OK" {
			t.Fatal(v)
		}
		if _, err := reader.Write(append(encode("PING"), encode("CLIENT", "TRACKING", "OFF")...)); err != nil {
			t.Fatal(err)
		}
		next()
		if next(); got.text != n && !pushed {
			t.Fatalf("round %d: read %v and was not told of %s", i, got, n)
		}
	}
}
