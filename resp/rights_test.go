package resp_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A client waits longer for the reply to each wrong password in a row, and others for nothing.
func TestWrongPasswordsDelayTheirOwnConnectionAlone(t *testing.T) {
	s := serve(t)
	other, guesser := s.dial(t), s.dial(t)
	const wrong = "-WRONGPASS invalid username-password pair or user is disabled."
	other.want("ACL SETUSER u on >pw +@all", "+OK")
	for range 9 {
		guesser.want("AUTH u guess", wrong)
	}
	guesser.send("AUTH u guess")
	for waits := false; !waits; {
		waits = strings.Contains(other.do("CLIENT LIST"), " flags=b ")
		other.want("AUTH u pw", "+OK")
	}
	if got := guesser.reply(); got != wrong {
		t.Error(got)
	}
	guesser.want("AUTH u pw", "+OK")
	guesser.want("CLIENT LIST TYPE master", "")
}

// A pipeline's commands have the rights of the moment in which they run.
func TestRightsInAPipeline(t *testing.T) {
	c := serve(t).dial(t)
	c.send("SET k 1", "ACL SETUSER u on nopass +@all ~*", "AUTH u x", "GET k", "ACL SETUSER u -get", "GET k", "SET k 2", "AUTH default x", "GET k")
	for i, want := range []string{"+OK", "+OK", "+OK", "1", "+OK", "-NOPERM User u has no permissions to run the 'get' command", "+OK", "+OK", "2"} {
		if got := c.reply(); got != want {
			t.Errorf("reply %d is %s, want %s", i, got, want)
		}
	}
}

// Every command is asked for before it runs, but for AUTH and its like, and DEBUG, which nobody may call.
func TestNobodyMayDoAnything(t *testing.T) {
	s := serve(t)
	admin, c := s.dial(t), s.dial(t)
	admin.want("ACL SETUSER u on nopass", "+OK")
	c.want("AUTH u x", "+OK")
	asked := 0
	for _, name := range strings.Fields(strings.Trim(admin.do("COMMAND LIST"), "[]")) {
		switch name {
		case "auth", "hello", "quit", "reset", "debug":
			continue
		}
		answer := "wrong number of arguments"
		for n := 0; n < 8 && strings.Contains(answer, "wrong number of arguments"); n++ {
			answer = c.do(strings.ReplaceAll(name, "|", " ") + strings.Repeat(" 1", n))
		}
		want := fmt.Sprintf("NOPERM User u has no permissions to run the '%s' command", name)
		switch {
		case strings.HasPrefix(answer, "-ERR unknown subcommand '1'"): // a container
		case !strings.HasSuffix(answer, want):
			t.Errorf("%s: %s", name, answer)
		default:
			asked++
		}
	}
	if asked < 300 {
		t.Error("only", asked, "commands were asked for")
	}
}

// When ACL SETUSER has answered, nobody hears what the user may not hear, however many are about to subscribe; and
// ACL DELUSER leaves no connection of the user, whatever it is doing.
func TestWhatIsTakenIsGone(t *testing.T) {
	s := serve(t)
	admin := s.dial(t)
	for range 30 {
		admin.want("ACL SETUSER u on nopass +@all allkeys allchannels", "+OK")
		var started, done sync.WaitGroup
		for i := range 8 {
			started.Add(1)
			done.Add(1)
			go func() {
				defer done.Done()
				c := s.dial(t)
				c.do("AUTH u x")
				started.Done()
				line := "SSUBSCRIBE c%d"
				if i%2 == 0 {
					line = "INCR n%d"
				}
				for n := 0; c.do(fmt.Sprintf(line, n)) != "EOF"; n++ {
				}
			}()
		}
		started.Wait()
		admin.want("ACL SETUSER u resetchannels", "+OK")
		admin.want("SPUBLISH c0 m", ":0")
		admin.want("ACL DELUSER u", ":1")
		done.Wait()
	}
}
