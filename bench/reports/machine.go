package reports

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"larder/bench/contend"
)

// Machine is where and with what a run was made; without it the figures mean nothing.
type Machine struct {
	Date       time.Time
	CPU        string
	Cores      int
	MemoryGB   float64
	Kernel     string
	FileSystem string
	Versions   []string
}

// Inspect looks at this machine and asks every program for its version.
func Inspect(t contend.Tools, scratch string) Machine {
	m := Machine{Date: time.Now().UTC(), Cores: runtime.NumCPU(), Kernel: said("uname", "-sr"),
		FileSystem: said("stat", "-f", "-c", "%T", scratch), CPU: field("/proc/cpuinfo", "model name")}
	var kb float64
	fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kb)
	m.MemoryGB = kb / (1 << 20)
	if t.RedisServer != "" {
		m.Versions = append(m.Versions, said(t.RedisServer, "--version"))
	}
	if t.Redka != "" {
		m.Versions = append(m.Versions, "Redka "+moduleVersion(t.Redka))
	}
	if t.Kvrocks != "" {
		m.Versions = append(m.Versions, said(t.Kvrocks, "--version"))
	}
	if t.Before != "" {
		m.Versions = append(m.Versions, "before: "+said(t.Before, "--version")+" "+revision(t.Before))
	}
	if t.Larder != "" {
		m.Versions = append(m.Versions, said(t.Larder, "--version")+" "+revision(t.Larder))
	}
	if t.Python != "" {
		m.Versions = append(m.Versions, said(t.Python, "-c",
			"import sys, diskcache, redis; print('DiskCache', diskcache.__version__, 'redis-py', redis.__version__, 'Python', "+
				"sys.version.split()[0])"))
	}
	return m
}

func (m Machine) markdown() string {
	return fmt.Sprintf("%s: %s, %d cores, %.0f GB, %s, %s file system.\n\n- %s\n", m.Date.Format("2006-01-02"),
		m.CPU, m.Cores, m.MemoryGB, m.Kernel, m.FileSystem, strings.Join(m.Versions, "\n- "))
}

// Save writes the machine beside the sections, for a report that is made later.
func (m Machine) Save(dir string) error {
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "machine.json"), text, 0o644)
}

// LoadMachine reads what Save has written.
func LoadMachine(dir string) (m Machine, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "machine.json"))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

// said is what a program prints, or why it does not: this is text for people.
func said(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return fmt.Sprintf("%s: %v", filepath.Base(name), err)
	}
	return strings.TrimSpace(string(out))
}

// field is the value of "name : value" in a file of /proc.
func field(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func moduleVersion(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return "unknown"
	}
	return info.Main.Version
}

// revision is the commit a Go program was built from.
func revision(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return ""
	}
	said := info.GoVersion
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			said += ", commit " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			said += " with changes"
		}
	}
	return "(" + said + ")"
}
