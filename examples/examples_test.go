// Package examples_test runs the examples against the real server and judges them by their results.
package examples_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// bin is where TestMain puts the server and the examples.
var bin string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "larder-examples"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	build := func(dir, name, what string) error {
		cmd := exec.Command("go", "build", "-o", filepath.Join(bin, name), what)
		cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
		return cmd.Run()
	}
	if given := os.Getenv("LARDER_BIN"); given != "" {
		err = os.Symlink(given, filepath.Join(bin, "larder"))
	} else {
		err = build("..", "larder", ".")
	}
	for _, name := range []string{"files", "counter", "crawler"} {
		if err == nil {
			err = build(".", name, "./"+name)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// start runs a server for a test and returns a client and its address.
func start(t *testing.T) (*redis.Client, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(filepath.Join(bin, "larder"), "--port", port, "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	db := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { db.Close(); cmd.Process.Signal(os.Interrupt); cmd.Wait() })
	for range 1000 {
		if db.Ping(context.Background()).Err() == nil {
			return db, addr
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the server does not start")
	return nil, ""
}

// example is a command line of one of the examples.
func example(addr, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), "LARDER="+addr), os.Stderr
	return cmd
}

func fetch(t *testing.T, url, ranged string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ranged != "" {
		request.Header.Set("Range", ranged)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// What is served is what was loaded, to the byte, whole and in ranges.
func TestFiles(t *testing.T) {
	_, addr := start(t)
	dir, rnd := t.TempDir(), rand.NewChaCha8([32]byte{1})
	files := map[string][]byte{"empty": {}, "small.txt": []byte("hello"), "sub/large.bin": make([]byte, 5<<20+17)}
	rnd.Read(files["sub/large.bin"])
	for name, content := range files {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := example(addr, "files", "load", dir).Run(); err != nil {
		t.Fatal(err)
	}
	server := example(addr, "files", "serve", "127.0.0.1:0")
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { server.Process.Kill(); server.Wait() }()
	var where string
	if _, err := fmt.Fscanf(out, "serving on %s\n", &where); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if code, got := fetch(t, "http://"+where+"/"+name, ""); code != 200 || sha256.Sum256(got) != sha256.Sum256(content) {
			t.Errorf("%s: %d, %d bytes", name, code, len(got))
		}
	}
	large := files["sub/large.bin"]
	for _, r := range [][2]int{{0, 0}, {16383, 16384}, {1 << 20, 3 << 20}, {len(large) - 5, len(large) - 1}} {
		code, got := fetch(t, "http://"+where+"/sub/large.bin", fmt.Sprintf("bytes=%d-%d", r[0], r[1]))
		if code != 206 || !bytes.Equal(got, large[r[0]:r[1]+1]) {
			t.Errorf("bytes %v: %d, %d bytes", r, code, len(got))
		}
	}
	if code, _ := fetch(t, "http://"+where+"/absent", ""); code != 404 {
		t.Errorf("an absent file: %d", code)
	}
}

// Eight processes count while drains go on; the sum of what was drained is what was counted.
func TestCounter(t *testing.T) {
	_, addr := start(t)
	const processes, views = 8, 500
	pages := []string{"/", "/about", "/news"}
	var counting sync.WaitGroup
	for i := range processes {
		counting.Go(func() {
			if err := example(addr, "counter", "count", pages[i%len(pages)], strconv.Itoa(views)).Run(); err != nil {
				t.Error(err)
			}
		})
	}
	over := make(chan struct{})
	go func() { counting.Wait(); close(over) }()
	drained := map[string]int{}
	drain := func() {
		out, err := example(addr, "counter", "drain").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			if page, n, ok := strings.Cut(line, " "); ok {
				count, _ := strconv.Atoi(n)
				drained[page] += count
			}
		}
	}
	for running := true; running; {
		select {
		case <-over:
			running = false
		default:
		}
		drain()
	}
	drain()
	want := map[string]int{}
	for i := range processes {
		want[pages[i%len(pages)]] += views
	}
	for page, n := range want {
		if drained[page] != n {
			t.Errorf("%s: %d were drained, %d counted", page, drained[page], n)
		}
	}
}

// Four processes crawl; one is killed with a page in its hands. Every page is recorded exactly once.
func TestCrawler(t *testing.T) {
	db, addr := start(t)
	const pages = 120
	hung, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if n == 7 {
			first := false
			once.Do(func() { first = true })
			if first {
				close(hung)
				select {
				case <-release:
				case <-r.Context().Done():
				}
			}
		}
		for _, to := range []int{2*n + 1, 2*n + 2, n / 2} {
			if to < pages {
				fmt.Fprintf(w, `<a href="/%d#top">page</a>`, to)
			}
		}
		fmt.Fprint(w, `<a href="http://example.invalid/">elsewhere</a>`)
	}))
	defer site.Close()
	defer close(release)
	victim := example(addr, "crawler", site.URL+"/0")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	<-hung
	victim.Process.Kill()
	victim.Wait()
	ctx := context.Background()
	if n := db.HLen(ctx, "crawl:working").Val(); n != 1 {
		t.Fatalf("%d pages are in the hands of the process that was killed", n)
	}
	var rest sync.WaitGroup
	for range 3 {
		rest.Go(func() {
			if out, err := example(addr, "crawler", site.URL+"/0").Output(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	rest.Wait()
	visits := db.HGetAll(ctx, "crawl:visits").Val()
	if len(visits) != pages {
		t.Errorf("%d pages were recorded, the site has %d", len(visits), pages)
	}
	for page, n := range visits {
		if n != "1" {
			t.Errorf("%s was recorded %s times", page, n)
		}
	}
	if n := db.LLen(ctx, "crawl:queue").Val() + db.HLen(ctx, "crawl:working").Val(); n != 0 {
		t.Errorf("%d pages are left over", n)
	}
}
