package serve

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"larder/resp/param"
)

// A Go program cannot fork: only one of its threads would be in the child. So `daemonize yes` starts the program anew
// in a session of its own, with the configuration that this process has read, and this one stays until the other
// serves. Redis's parent is gone at once, and what goes wrong then stands in the log alone.

const (
	backgroundMark = "LARDER_BACKGROUND" // in the environment of the process in the background
	backgroundOK   = "\x00"              // what it says once it serves; all else are errors for the user
	configFD       = 3                   // it reads the configuration here
	parentFD       = 4                   // and tells here how it got on
	defaultPidFile = "/var/run/redis.pid"
)

// startInBackground starts the process that serves, and returns this one's exit status once that serves or has ended.
func startInBackground(params *param.Set, stderr io.Writer) int {
	said, child, err := spawn(params)
	if err != nil {
		fmt.Fprintln(stderr, "larder: the process in the background does not start:", err)
		return 1
	}
	text, _ := io.ReadAll(said) // a failing read ends it as well, and then there is no OK
	if bytes.HasSuffix(text, []byte(backgroundOK)) {
		return 0
	}
	stderr.Write(text)
	_ = child.Wait() // what it has to say is its state
	if code := child.ProcessState.ExitCode(); code > 0 {
		return code
	}
	fmt.Fprintln(stderr, "larder: the process in the background ended before it served:", child.ProcessState)
	return 1
}

// spawn starts the program again with the same name and arguments, which ps shows. It reads them from nowhere: the
// configuration comes through a pipe, since standard input and files that are pipes can be read only once.
func spawn(params *param.Set) (said io.Reader, child *exec.Cmd, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	config, configIn, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer config.Close()
	tell, told, err := os.Pipe()
	if err != nil {
		configIn.Close()
		return nil, nil, err
	}
	defer told.Close()
	child = &exec.Cmd{
		Path: self, Args: os.Args, Env: append(os.Environ(), backgroundMark+"=1"),
		ExtraFiles: []*os.File{config, told}, SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := child.Start(); err != nil {
		configIn.Close()
		tell.Close()
		return nil, nil, err
	}
	go func() {
		defer configIn.Close()
		file, text := params.Source()
		_, _ = io.WriteString(configIn, file+"\x00"+text) // a child that does not read has ended and is asked why
	}()
	return tell, child, nil
}

// startedBy is the pipe to the process in the foreground that waits for this one, nil if there is none.
func startedBy() *os.File {
	if os.Getenv(backgroundMark) == "" {
		return nil
	}
	os.Unsetenv(backgroundMark)
	syscall.CloseOnExec(parentFD)
	return os.NewFile(parentFD, "parent")
}

// serveFor is the life of the process in the background. Standard output, where the log goes without a `logfile`, is
// /dev/null.
func serveFor(parent *os.File, params *param.Set, stdout io.Writer) int {
	defer parent.Close()
	if err := inherit(params, os.NewFile(configFD, "configuration")); err != nil {
		fmt.Fprintln(parent, report(err))
		return 1
	}
	log, closeLog, err := newLog(params, stdout)
	if err != nil {
		fmt.Fprintln(parent, report(err))
		return 1
	}
	defer closeLog()
	ready := func() {
		_, _ = io.WriteString(parent, backgroundOK) // nobody may be waiting any more
		parent.Close()
	}
	return (&process{params: params, log: log, by: unsupervised, ready: ready}).run(parent)
}

// inherit takes over the configuration that the parent has read. As in Redis a process in the background has a pid file
// whether one was asked for or not.
func inherit(params *param.Set, config io.ReadCloser) error {
	defer config.Close()
	source, err := io.ReadAll(config)
	if err != nil {
		return err
	}
	file, text, _ := strings.Cut(string(source), "\x00")
	if err := params.LoadText(file, text); err != nil {
		return err
	}
	if params.String("pidfile") != "" {
		return nil
	}
	return params.Assign("pidfile", defaultPidFile)
}
