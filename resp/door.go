package resp

import (
	"net"
	"time"

	"github.com/tidwall/redcon"

	"larder/resp/arg"
)

// denied is what Redis 7.2 tells a stranger while protected mode is on.
const denied = "DENIED Redis is running in protected mode because protected mode is enabled and no password is set " +
	"for the default user. " +
	"In this mode connections are only accepted from the loopback interface. " +
	"If you want to connect from external computers to Redis you may adopt one of the following solutions: " +
	"1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by " +
	"connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible " +
	"from internet if you do so. Use CONFIG REWRITE to make this change permanent. " +
	"2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the " +
	"protected mode option to 'no', and then restarting the server. " +
	"3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " +
	"4) Set up an authentication password for the default user. " +
	"NOTE: You only need to do one of the above things in order for the server to start accepting connections from the " +
	"outside."

// turnAway is the protected mode: without a password only this machine may connect.
func (s *Server) turnAway(conn redcon.Conn) string {
	if !s.params.Bool("protected-mode") || !s.users.Default().NoPass() || isLocal(conn.NetConn().RemoteAddr()) {
		return ""
	}
	return denied
}

func isLocal(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// isHTTP reports whether a browser talks to us, whom a web page has tricked into sending
// commands in the body of a request.
func isHTTP(name []byte) bool { return arg.Is(name, "POST") || arg.Is(name, "Host:") }

// hangUp ends the connection of a client that speaks HTTP, without another reply.
func (s *session) hangUp() {
	now := time.Now().Unix()
	if last := s.server.warned.Load(); now-last > 60 && s.server.warned.CompareAndSwap(last, now) {
		s.server.log.Warn("Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands. "+
			"This is likely due to an "+
			"attacker attempting to use Cross Protocol Scripting to compromise this server. Connection aborted.",
			"client", s.client.Addr)
	}
	s.client.Close()
}
