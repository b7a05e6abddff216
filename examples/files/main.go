// Files serves a tree of files over HTTP out of Larder. A file is one string value of any size;
// requests are answered in pieces, so the memory used does not grow with the file, and ranges
// (video players, resumed downloads) work as they do from a disk.
//
//	files load DIR                 stores every file under DIR
//	files serve 127.0.0.1:8080     serves them
//
// The server is at LARDER (127.0.0.1:6379 if unset).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// piece is how much is read from or written to the server at once.
const piece = 256 << 10

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: files load DIR | files serve ADDRESS")
	}
	addr := os.Getenv("LARDER")
	if addr == "" {
		addr = "127.0.0.1:6379"
	}
	db := redis.NewClient(&redis.Options{Addr: addr})
	var err error
	switch os.Args[1] {
	case "load":
		err = load(context.Background(), db, os.Args[2])
	case "serve":
		err = serve(db, os.Args[2])
	default:
		err = errors.New("unknown command " + os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// load stores files under a name of their own and renames each when it is whole: whoever reads
// meanwhile gets the old content or the new one.
func load(ctx context.Context, db *redis.Client, dir string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		return store(ctx, db, name, "/"+filepath.ToSlash(relative))
	})
}

func store(ctx context.Context, db *redis.Client, name, url string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	fresh := "loading:" + url
	if err := db.Set(ctx, fresh, "", 0).Err(); err != nil {
		return err
	}
	buf := make([]byte, piece)
	for {
		n, err := io.ReadFull(file, buf)
		if n > 0 {
			if err := db.Append(ctx, fresh, string(buf[:n])).Err(); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return err
		}
	}
	_, err = db.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.Rename(ctx, fresh, "file:"+url)
		tx.HSet(ctx, "modified", url, info.ModTime().Unix())
		return nil
	})
	return err
}

func serve(db *redis.Client, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("serving on", listener.Addr())
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(db, w, r) }))
}

// answer leaves ranges, conditions and types to http.ServeContent, which asks for nothing but a reader that seeks.
func answer(db *redis.Client, w http.ResponseWriter, r *http.Request) {
	url := path.Clean("/" + r.URL.Path)
	key := "file:" + url
	size, err := db.StrLen(r.Context(), key).Result()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if size == 0 && db.Exists(r.Context(), key).Val() == 0 {
		http.NotFound(w, r)
		return
	}
	seconds, _ := strconv.ParseInt(db.HGet(r.Context(), "modified", url).Val(), 10, 64)
	http.ServeContent(w, r, url, time.Unix(seconds, 0), &value{ctx: r.Context(), db: db, key: key, size: size})
}

// value reads a string key as a file. It belongs to one goroutine.
type value struct {
	ctx      context.Context
	db       *redis.Client
	key      string
	size, at int64
}

func (v *value) Read(p []byte) (int, error) {
	if v.at >= v.size {
		return 0, io.EOF
	}
	n := min(int64(len(p)), piece, v.size-v.at)
	got, err := v.db.GetRange(v.ctx, v.key, v.at, v.at+n-1).Result()
	if err == nil && got == "" {
		err = io.ErrUnexpectedEOF // it has become shorter
	}
	v.at += int64(len(got))
	return copy(p, got), err
}

func (v *value) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += v.at
	case io.SeekEnd:
		offset += v.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	v.at = offset
	return offset, nil
}
