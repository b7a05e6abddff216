package contend

import (
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

const infoLimit = 10 * time.Second

// Info is a section of INFO, which wire, which drops long replies, does not keep. Sections that the server lacks are empty.
func (s *Server) Info(section string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr(), infoLimit)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(infoLimit))
	if _, err := io.WriteString(conn, "INFO "+section+"\r\nQUIT\r\n"); err != nil {
		return "", err
	}
	text, err := io.ReadAll(conn)
	return string(text), err
}

// settled reports whether nothing lies in Larder's overlay: a second after the last write it begins to settle by itself,
// and would take the cores from whoever is measured next.
func (s *Server) settled() bool {
	if !s.Kind.Settles {
		return true
	}
	text, err := s.Info("larder")
	if err != nil {
		return true
	}
	for line := range strings.Lines(text) {
		if bytes, ok := strings.CutPrefix(line, "overlay_bytes:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(bytes), 10, 64)
			return n == 0
		}
	}
	return true
}
