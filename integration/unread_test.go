package integration

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// shortOr chooses between the short form of a test and the one that LARDER_TEST_LONG asks for.
func shortOr(short, whole int) int {
	if os.Getenv("LARDER_TEST_LONG") != "" {
		return whole
	}
	return short
}

// ours reports whether the server is Larder, and not the judge.
func (s *server) ours() bool { return s.bin == larderBin && !judged() }

// unread is the size, in bytes, of the temporary files that hold what clients have not read, and their number.
func (s *server) unread(t *testing.T) (files int, size int64) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if target, _ := os.Readlink(path); !strings.Contains(target, "larder-reply-") {
			continue
		}
		var st syscall.Stat_t
		if syscall.Stat(path, &st) == nil {
			files, size = files+1, size+st.Blocks*512
		}
	}
	return files, size
}

// clientField is a field of the only client of that name in CLIENT LIST, "" if there is none.
func (c *conn) clientField(t *testing.T, name, field string) string {
	t.Helper()
	for line := range strings.Lines(c.must(t, "CLIENT", "LIST").text) {
		if strings.Contains(line, " name="+name+" ") {
			_, rest, _ := strings.Cut(" "+line, " "+field+"=")
			value, _, _ := strings.Cut(rest, " ")
			return value
		}
	}
	return ""
}

const kilobytes = 8 // of the value that round asks for

// round is a number, asked back, and a value.
func round(i int) []byte { return append(encode("ECHO", strconv.Itoa(i)), encode("GET", "value")...) }

func (c *conn) readRounds(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if v, _ := c.receive(); v.text != strconv.Itoa(i) {
			t.Fatalf("round %d: %.80v", i, v)
		}
		if v, _ := c.receive(); len(v.text) != kilobytes<<10 {
			t.Fatalf("value %d: %.80v", i, v)
		}
	}
}

// sendRounds sends as many without reading. A server that stops reading fails it.
func (c *conn) sendRounds(t *testing.T, n int) {
	t.Helper()
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	var b []byte
	for i := range n {
		if b = append(b, round(i)...); len(b) > 64<<10 || i == n-1 {
			if _, err := c.Write(b); err != nil {
				t.Fatalf("round %d: %v", i, err)
			}
			b = b[:0]
		}
	}
}

// A client sends all its commands and reads then. The server keeps the replies, others are answered meanwhile, and
// Larder keeps them on disk, gives back what has been read, and says in CLIENT LIST what is unread.
func TestClientReadsLast(t *testing.T) {
	t.Parallel()
	rounds := shortOr(64, 300) << 20 / (kilobytes << 10)
	for _, s := range []*server{startLarder(t), startJudge(t)} {
		other, c := dial(t, s), dial(t, s)
		other.must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
		c.must(t, "CLIENT", "SETNAME", "late")
		before := s.memoryKB(t, "VmRSS")
		c.sendRounds(t, rounds)
		other.must(t, "SET", "other", "answered")
		size := int64(rounds) * kilobytes << 10
		// All has run, and all but what the kernel has taken is told.
		eventually(t, "all replies are counted", func() bool {
			omem, _ := strconv.ParseInt(other.clientField(t, "late", "omem"), 10, 64)
			oll, _ := strconv.ParseInt(other.clientField(t, "late", "oll"), 10, 64)
			total, _ := strconv.ParseInt(other.clientField(t, "late", "tot-mem"), 10, 64)
			return omem > size-16<<20 && omem < size+size/8 && oll > omem/(32<<10) && total >= omem
		})
		if s.ours() {
			if grown := s.memoryKB(t, "VmHWM") - before; grown > 48<<10 {
				t.Errorf("%d KB of memory for %d of replies", grown, size)
			}
			if files, full := s.unread(t); files > 2 || full < size-20<<20 {
				t.Errorf("%d files of %d bytes", files, full)
			}
		}
		c.readRounds(t, 0, rounds/2)
		if _, now := s.unread(t); now > size/2+8<<20 {
			t.Errorf("half is read, and %d of %d bytes are on disk", now, size)
		}
		c.readRounds(t, rounds/2, rounds)
		if s.ours() {
			eventually(t, "no file is left", func() bool { files, _ := s.unread(t); return files == 0 })
		}
		c.must(t, "PING")
		if got := other.clientField(t, "late", "omem"); got != "0" {
			t.Errorf("%s: omem is %s in the end", s.bin, got)
		}
	}
}

// A hundred do so at once.
func TestManyReadLast(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	s := startLarder(t)
	clients, rounds := shortOr(40, 100), shortOr(3, 10)<<20/(kilobytes<<10)
	other := dial(t, s)
	other.must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
	before := s.memoryKB(t, "VmRSS")
	var all []*conn
	for range clients {
		c := dial(t, s)
		c.sendRounds(t, rounds)
		all = append(all, c)
		other.must(t, "PING")
	}
	if after := s.memoryKB(t, "VmHWM"); after > 300<<10 || after-before > shortOr(96, 276)<<10 {
		t.Errorf("the memory has grown from %d to %d KB", before, after)
	}
	var reading sync.WaitGroup
	for _, c := range all {
		reading.Go(func() { c.readRounds(t, 0, rounds) })
	}
	reading.Wait()
	eventually(t, "no file is left", func() bool { files, _ := s.unread(t); return files == 0 })
}

// MULTI, very many commands and EXEC are sent before the first reply is read.
func TestTransactionIsReadLast(t *testing.T) {
	t.Parallel()
	n := shortOr(200_000, 800_000)
	for _, s := range []*server{startLarder(t), startJudge(t)} {
		other, c := dial(t, s), dial(t, s)
		c.must(t, "CLIENT", "SETNAME", "late")
		before := s.memoryKB(t, "VmRSS")
		c.SetDeadline(time.Now().Add(5 * time.Minute))
		c.Write(append(encode("MULTI"), encode("SET", "counter", "0")...))
		for range n / 1000 {
			if _, err := c.Write(bytes.Repeat(encode("INCR", "counter"), 1000)); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all are queued", func() bool { return other.clientField(t, "late", "multi") == strconv.Itoa(n+1) })
		if got, want := other.clientField(t, "late", "multi-mem"), strconv.Itoa(n*(len("INCRcounter")+2*8)+len("SETcounter0")+3*8); got != want {
			t.Errorf("%s: multi-mem is %s, want %s", s.bin, got, want)
		}
		if s.ours() {
			if grown := s.memoryKB(t, "VmHWM") - before; grown > n/5 { // 200 bytes each
				t.Errorf("%d KB of memory for %d commands", grown, n)
			}
		}
		c.Write(encode("EXEC"))
		eventually(t, "it is executed", func() bool { return other.must(t, "GET", "counter").text == strconv.Itoa(n) })
		for i := range n + 2 {
			if v, _ := c.receive(); v.text != "QUEUED" && (i > 0 || v.text != "OK") {
				t.Fatalf("reply %d: %v", i, v)
			}
		}
		if s.ours() {
			if grown := s.memoryKB(t, "VmHWM") - before; grown > n/2+32<<10 {
				t.Errorf("%d KB of memory for EXEC of %d commands", grown, n)
			}
		}
		v, _ := c.receive()
		if len(v.list) != n+1 {
			t.Fatalf("EXEC: %.80v", v)
		}
		for i, e := range v.list[1:] {
			if e.kind != ':' || e.text != strconv.Itoa(i+1) {
				t.Fatalf("element %d of EXEC is %v", i, e)
			}
		}
	}
}

// A queue that passes client-query-buffer-limit ends the connection, and nothing of it runs.
func TestQueueHasALimit(t *testing.T) {
	t.Parallel()
	needsLarder(t) // 7.0 does not count the queue
	s := startLarder(t, "--client-query-buffer-limit", "2mb")
	other, c := dial(t, s), dial(t, s)
	c.must(t, "MULTI")
	line := encode("APPEND", "k", strings.Repeat("x", 10_000))
	ended := 0
	for ended = range 400 {
		if v, _ := c.send(line); v.kind == 'x' {
			break
		}
	}
	if ended < 190 || ended > 220 {
		t.Errorf("ended at %d commands of 10 KB", ended)
	}
	if n := other.must(t, "EXISTS", "k").text; n != "0" {
		t.Error("something has run")
	}
	eventually(t, "the log says why", func() bool {
		return strings.Contains(s.log.String(), "Closing client that reached max query buffer length")
	})
}

// A client for whom more waits than its class may have is closed: at once past the hard limit, after its time past the
// soft one, and when a limit is lowered.
func TestUnreadHasALimit(t *testing.T) {
	t.Parallel()
	for _, s := range []*server{startLarder(t), startJudge(t)} {
		other := dial(t, s)
		other.must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
		for _, limit := range []struct{ before, after string }{
			{"normal 20mb 0 0", ""}, {"normal 0 20mb 1", ""}, {"normal 0 0 0", "normal 20mb 0 0"}, {"normal 0 0 0", "normal 0 1mb 1"},
		} {
			other.must(t, "CONFIG", "SET", "client-output-buffer-limit", limit.before)
			c := dial(t, s)
			c.must(t, "CLIENT", "SETNAME", "late")
			c.SetDeadline(time.Now().Add(time.Minute))
			for i := 0; i < 40<<20/(kilobytes<<10); i++ {
				if _, err := c.Write(round(i)); err != nil {
					break
				}
			}
			if limit.after != "" {
				if other.clientField(t, "late", "flags") != "N" {
					t.Errorf("%s: %s: closed without a limit", s.bin, limit.before)
				}
				other.must(t, "CONFIG", "SET", "client-output-buffer-limit", limit.after)
			}
			eventually(t, "it is closed: "+limit.before+" "+limit.after, func() bool { return other.clientField(t, "late", "flags") == "" })
			eventually(t, "the log says why", func() bool {
				return strings.Contains(s.log.String(), "for overcoming of output buffer limits")
			})
			if s.ours() {
				eventually(t, "its file is gone", func() bool { files, _ := s.unread(t); return files == 0 })
			}
		}
	}
}

// Messages and replies to a client that reads neither keep one order each, and whole, through the file.
func TestMessagesBetweenUnreadReplies(t *testing.T) {
	t.Parallel()
	const rounds, messages = 2000, 500
	for _, s := range []*server{startLarder(t), startJudge(t)} {
		other, c := dial(t, s), dial(t, s)
		other.must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
		other.must(t, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0")
		c.must(t, "HELLO", "3")
		c.must(t, "SUBSCRIBE", "news")
		var publishing sync.WaitGroup
		publishing.Go(func() {
			for i := range messages {
				other.do("PUBLISH", "news", fmt.Sprintf("%d %s", i, strings.Repeat("m", 3000)))
			}
		})
		c.sendRounds(t, rounds)
		publishing.Wait()
		reply, message := 0, 0
		for reply < 2*rounds || message < messages {
			v, _ := c.receive()
			switch {
			case v.kind == '>':
				if !strings.HasPrefix(v.list[2].text, strconv.Itoa(message)+" ") {
					t.Fatalf("%s: message %d: %.80v", s.bin, message, v)
				}
				message++
				continue
			case reply%2 == 0 && v.text != strconv.Itoa(reply/2), reply%2 == 1 && len(v.text) != kilobytes<<10:
				t.Fatalf("%s: reply %d: %.80v", s.bin, reply, v)
			}
			reply++
		}
	}
}

// The answer to QUIT comes behind everything, and then the end. Of a protocol error the same is true.
func TestLastReplyIsRead(t *testing.T) {
	t.Parallel()
	const rounds = 2000
	for _, s := range []*server{startLarder(t), startJudge(t)} {
		dial(t, s).must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
		for last, want := range map[string]string{
			string(encode("QUIT")) + "PING\r\n": "OK", "*1\r\n!\r\n": "ERR Protocol error: expected '$', got '!'",
		} {
			c := dial(t, s)
			c.sendRounds(t, rounds)
			fmt.Fprint(c, last)
			c.readRounds(t, 0, rounds)
			if v, _ := c.receive(); v.text != want {
				t.Errorf("%s: the last reply is %v, want %s", s.bin, v, want)
			}
			if v, _ := c.receive(); v.kind != 'x' {
				t.Errorf("%s: and then %v", s.bin, v)
			}
		}
	}
}

// Who has ended his side, as nc does, gets what he has asked for. Redis closes at once.
func TestHalfClosedClientReadsOn(t *testing.T) {
	t.Parallel()
	needsLarder(t)
	const rounds = 2000
	s := startLarder(t)
	dial(t, s).must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
	c := dial(t, s)
	c.sendRounds(t, rounds)
	c.Conn.(*net.TCPConn).CloseWrite()
	c.readRounds(t, 0, rounds)
	if v, _ := c.receive(); v.kind != 'x' {
		t.Errorf("and then %v", v)
	}
}

// SHUTDOWN waits for nobody who does not read, and nothing holds a client up that is killed.
func TestUnreadRepliesEndWithTheirClient(t *testing.T) {
	t.Parallel()
	for _, s := range []*server{startLarder(t), startJudge(t)} {
		other := dial(t, s)
		other.must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
		for _, name := range []string{"late", "later"} {
			c := dial(t, s)
			c.must(t, "CLIENT", "SETNAME", name)
			c.sendRounds(t, 2000)
		}
		other.must(t, "CLIENT", "KILL", "ID", other.clientField(t, "later", "id"))
		if s.ours() {
			eventually(t, "one file is left", func() bool { files, _ := s.unread(t); return files == 1 })
		}
		fmt.Fprint(other, "SHUTDOWN NOSAVE\r\n")
		select {
		case <-s.done:
		case <-time.After(20 * time.Second):
			t.Errorf("%s: SHUTDOWN waits", s.bin)
		}
	}
}

// A client whose unread replies do not fit on the disk is closed, with a line in the log; nobody else notices.
func TestDiskIsTooSmallForUnread(t *testing.T) {
	needsLarder(t)
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=4m"); err == nil {
		t.Cleanup(func() { syscall.Unmount(small, syscall.MNT_DETACH) })
	} else {
		small = filepath.Join(small, "missing") // who may not mount has a disk that takes nothing
	}
	t.Setenv("TMPDIR", small)
	s := startLarder(t)
	other, c := dial(t, s), dial(t, s)
	other.must(t, "SET", "value", strings.Repeat("v", kilobytes<<10))
	c.must(t, "CLIENT", "SETNAME", "late")
	for i := 0; i < 40<<20/(kilobytes<<10); i++ {
		if _, err := c.Write(round(i)); err != nil {
			break
		}
	}
	eventually(t, "it is closed", func() bool { return other.clientField(t, "late", "flags") == "" })
	eventually(t, "the log says why", func() bool { return strings.Contains(s.log.String(), "the temporary file for them failed") })
	if files, size := s.unread(t); files != 0 {
		t.Errorf("%d files of %d bytes are left", files, size)
	}
	other.must(t, "SET", "other", "answered")

	// The replies of an EXEC that has committed are lost with the connection: an error would say that it has not.
	other.must(t, "MULTI")
	other.must(t, "SET", "done", "1")
	for range 600 {
		other.must(t, "GET", "value")
	}
	if v, _ := other.do("EXEC"); v.kind != 'x' {
		t.Errorf("EXEC: %.80v", v)
	}
	if got := dial(t, s).must(t, "GET", "done").text; got != "1" {
		t.Errorf("what it has written is %q", got)
	}
}
