package contend

import (
	"io"
	"net"
	"time"
)

const infoLimit = 10 * time.Second

// Info is a section of INFO, which wire, which drops long replies, does not keep. Sections that the server lacks are
// empty.
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
