package contend

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Cage limits a contender's memory, page cache included where the machine allows it. Means says how, for the page.
type Cage struct {
	Means  string
	prefix []string
	remove func()
}

// NewCage takes the strictest means this machine has: a memory cgroup, version 2 or 1, a systemd scope, or RLIMIT_DATA.
func NewCage(limit int64) (*Cage, error) {
	size := strconv.FormatInt(limit, 10)
	if c := cgroupCage("/sys/fs/cgroup", "cgroup v2 memory.max",
		setting{"memory.max", size, true}, setting{"memory.swap.max", "0", false}); c != nil {
		return c, nil
	}
	if c := cgroupCage("/sys/fs/cgroup/memory", "cgroup v1 memory.limit_in_bytes",
		setting{"memory.limit_in_bytes", size, true}, setting{"memory.memsw.limit_in_bytes", size, false}); c != nil {
		return c, nil
	}
	if exec.Command("systemd-run", "--scope", "-q", "-p", "MemoryMax="+size, "true").Run() == nil {
		return &Cage{Means: "systemd scope, MemoryMax", remove: func() {},
			prefix: []string{"systemd-run", "--scope", "-q", "-p", "MemoryMax=" + size, "-p", "MemorySwapMax=0"}}, nil
	}
	if path, err := exec.LookPath("prlimit"); err == nil {
		return &Cage{Means: "RLIMIT_DATA (the page cache is not limited)", prefix: []string{path, "--data=" + size},
			remove: func() {}}, nil
	}
	return nil, fmt.Errorf("no way to limit memory here: neither a writable memory cgroup nor systemd-run nor prlimit")
}

// setting is one file of a cgroup; a vital one must take its value.
type setting struct {
	file, value string
	vital       bool
}

// cgroupCage makes a group below root, or returns nil if that cannot be done. The swap limit is not vital:
// it is missing where the kernel does not account swap.
func cgroupCage(root, means string, settings ...setting) *Cage {
	dir := filepath.Join(root, fmt.Sprintf("larder-bench-%d", os.Getpid()))
	if os.Mkdir(dir, 0o755) != nil {
		return nil
	}
	for _, s := range settings {
		if err := overwrite(filepath.Join(dir, s.file), s.value); err != nil && s.vital {
			os.Remove(dir)
			return nil
		}
	}
	enter := []string{"/bin/sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(dir, "cgroup.procs")}
	return &Cage{Means: means, prefix: enter, remove: func() { os.Remove(dir) }}
}

// overwrite never creates: below a version 1 tree the version 2 names would become plain files of a tmpfs.
func overwrite(path, value string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(value)
	return err
}

func (c *Cage) wrap(argv []string) []string {
	if c == nil {
		return argv
	}
	return append(append([]string(nil), c.prefix...), argv...)
}

// Remove takes the cage away; the contender in it must have ended.
func (c *Cage) Remove() { c.remove() }
