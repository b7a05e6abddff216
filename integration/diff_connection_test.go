package integration

import "testing"

func TestDiffConnection(t *testing.T) { t.Parallel(); diff(t, connectionScripts) }

// Scripts that begin on a connection just made, with protocol 2 as its default.
func TestDiffConnectionBare(t *testing.T) {
	t.Parallel()
	diffBare(t, helloScripts)
	diffBare(t, protocolScripts)
}

func TestDiffAuthentication(t *testing.T) {
	t.Parallel()
	diffBare(t, authScripts, "--requirepass", "sekret")
}

var connectionScripts = []script{
	{"ping echo", `
PING
PING hello
PING ""
PING "\x00\r\n"
PING a b
ping
ECHO hello
ECHO ""
ECHO "\xff\x00\r\n"
ECHO
ECHO a b
`},
	{"select", `
SELECT 0
SELECT 1
SELECT 15
SELECT 16
SELECT -1
SELECT x
SELECT 1.0
SELECT " 1"
SELECT 999999999999999999999
SELECT
SELECT 1 2
SET k v
GET k
@other GET k
`},
	{"quit", `
QUIT
PING
@a QUIT now
@a PING
@b quit
`},
	{"reset", `
SELECT 5
CLIENT SETNAME me
SET k v
RESET
GET k
CLIENT GETNAME
PING
RESET x
@n CLIENT NO-EVICT on
@n RESET
@n PING
[kind] @m HELLO 3
@m RESET
@m GET nosuch
@m HGETALL nosuch
`},
	{"hello inside", `
[field server] HELLO
[field proto] HELLO
[field mode] HELLO
[field role] HELLO
[field modules] HELLO
[kind] HELLO
[kind] HELLO 2
[kind] HELLO 3
[kind] HELLO 2
HGETALL nosuch
[kind] HELLO 3
HGETALL nosuch
HELLO 4
HELLO 1
HELLO abc
HELLO -3
HELLO 3.0
HELLO 3 FOO
HELLO 3 AUTH
HELLO 3 AUTH a
HELLO 3 AUTH nosuch password
[kind] HELLO 3 AUTH default anything
HELLO 3 SETNAME
HELLO 3 SETNAME "a b"
HELLO 3 SETNAME "a\nb"
[kind] HELLO 3 SETNAME fine
CLIENT GETNAME
[kind] HELLO 2 setname other auth default x
CLIENT GETNAME
HELLO 3 SETNAME bad name
[kind] HELLO 2 SETNAME ""
CLIENT GETNAME
`},
	{"auth without password", `
AUTH
AUTH x
AUTH default x
AUTH default ""
AUTH nosuch x
AUTH a b c
AUTH ""
`},
	{"client names", `
CLIENT GETNAME
CLIENT SETNAME me
CLIENT GETNAME
CLIENT SETNAME "with space"
CLIENT SETNAME "line\nbreak"
CLIENT SETNAME "\x00"
CLIENT SETNAME "\xff"
CLIENT GETNAME
CLIENT SETNAME ""
CLIENT GETNAME
CLIENT SETNAME
CLIENT SETNAME a b
CLIENT GETNAME x
client setname lower
client getname
CLIENT SETNAME "~!@#$%^&*()"
CLIENT GETNAME
`},
	{"client", `
[kind] CLIENT ID
CLIENT ID x
[class] CLIENT INFO
CLIENT INFO x
[class] CLIENT LIST
[class] CLIENT LIST TYPE normal
CLIENT LIST TYPE master
CLIENT LIST TYPE replica
CLIENT LIST TYPE slave
CLIENT LIST TYPE pubsub
CLIENT LIST TYPE foo
CLIENT LIST TYPE
CLIENT LIST ID
CLIENT LIST ID abc
CLIENT LIST ID 0
CLIENT LIST ID -1
CLIENT LIST ID 99999999
CLIENT LIST ID 99999999 88888888
CLIENT LIST FOO
CLIENT LIST FOO bar
CLIENT LIST TYPE normal x
CLIENT NO-EVICT on
CLIENT NO-EVICT off
CLIENT NO-EVICT ON
CLIENT NO-EVICT OFF
CLIENT NO-EVICT maybe
CLIENT NO-EVICT
CLIENT NO-EVICT on off
CLIENT
CLIENT FOO
CLIENT FOO bar
CLIENT MAINT_NOTIFICATIONS on
PING
`},
	{"client kill", `
CLIENT KILL
CLIENT KILL 1.2.3.4:5
CLIENT KILL nosuch
CLIENT KILL ID 99999999
CLIENT KILL ID abc
CLIENT KILL ID -1
CLIENT KILL ID 0
CLIENT KILL ID 9223372036854775807
CLIENT KILL ID 9223372036854775807 LADDR
CLIENT KILL ID
CLIENT KILL ADDR 1.2.3.4:5
CLIENT KILL LADDR 1.2.3.4:5
CLIENT KILL USER nosuch
CLIENT KILL TYPE foo
CLIENT KILL TYPE pubsub
CLIENT KILL TYPE replica
CLIENT KILL TYPE master
CLIENT KILL SKIPME maybe
CLIENT KILL SKIPME yes FOO
CLIENT KILL FOO bar
CLIENT KILL ID 99999999 TYPE normal SKIPME no
CLIENT KILL ID 1 2
CLIENT KILL ADDR 1.2.3.4:5 ID
@victim PING
@victim CLIENT SETNAME v
@victim2 PING
CLIENT KILL TYPE normal SKIPME yes
@victim PING
@victim2 PING
PING
@third PING
CLIENT KILL USER default
@third PING
PING
CLIENT KILL USER default SKIPME no
PING
`},
}

var helloScripts = []script{
	{"begins in 2", `
HGETALL nosuch
SISMEMBER nosuch a
GET nosuch
LPOP nosuch 2
[kind] HELLO
[field proto] HELLO
HELLO 5
[kind] HELLO 3
GET nosuch
HGETALL nosuch
LPOP nosuch 2
ZSCORE nosuch a
[field proto] HELLO
@b HGETALL nosuch
`},
}

// protocolScripts speak the wire by hand. A protocol error ends the connection.
var protocolScripts = []script{
	{"inline", `
[raw] "PING\r\n"
[raw] "PING\n"
[raw] "  PING  \r\n"
[raw] "\r\n\r\nPING\r\n"
[raw] "SET k 'a b'\r\n"
[raw] "GET k\r\n"
[raw] "SET k \"a\\x41\\n\"\r\n"
[raw] "GET k\r\n"
[raw] "ECHO \"\"\r\n"
[raw] "ECHO\ttab\r\n"
[raw] "FOO bar\r\n"
[raw] "ECHO " <60000*x> "\r\n"
[raw] @a "SET k \"unbalanced\r\n"
@a PING
[raw] @b "SET k \"a\"b\r\n"
@b PING
[raw] @c "SET k 'unbalanced\r\n"
@c PING
[raw] @d <66000*x>
@d PING
`},
	{"multibulk", `
[raw] "*0\r\nPING\r\n"
[raw] "*-1\r\nPING\r\n"
[raw] "*-10\r\nPING\r\n"
[raw] "*1\r\n$4\r\nPING\r\n"
[raw] "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"
[raw] "*2\r\n$4\r\nECHO\r\n$5\r\na\r\nbc\r\n"
[raw] @a "*3000000000\r\n"
@a PING
[raw] @b "*abc\r\n"
@b PING
[raw] @c "*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n"
@c PING
[raw] @d "*1\r\n$abc\r\n"
@d PING
[raw] @e "*1\r\n$-1\r\n"
@e PING
[raw] @f "*1\r\n$536870913\r\n"
@f PING
[raw] @g "*1\r\n$2000000000\r\n"
[raw] @h "*1\r\n$9223372036854775800\r\nabc"
@h PING
[raw] @i "*9223372036854775807\r\n"
[raw] @j "*1\r\nPING\r\n"
[raw] @k "*1\r\n$-10\r\n"
[raw] @l "*" <66000*1>
@l PING
[raw] @m "*1\r\n$" <66000*1>
@m PING
[raw] @n "*\r\n"
[raw] @o "*1\r\n$\r\n"
[raw] @p "*1\r\n$4 \r\nPING\r\n"
[raw] @q "* 1\r\n$4\r\nPING\r\n"
[raw] @r "*1\r\n$+4\r\nPING\r\n"
[raw] @s "*1\r\n$04\r\nPING\r\n"
[raw] @t "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n"
[raw] @u "*1\r\n$0\r\n\r\n"
PING
`},
}

var authScripts = []script{
	{"before", `
PING
GET k
FOO
GET
CONFIG GET *
AUTH wrong
AUTH default wrong
AUTH nosuch sekret
AUTH
AUTH a b c
[class] HELLO 3
[class] HELLO
HELLO 3 AUTH default wrong
PING
@q QUIT
@r RESET
@r PING
CLIENT SETNAME x
COMMAND COUNT
AUTH sekret
PING
CLIENT GETNAME
SET k v
RESET
GET k
AUTH default sekret
GET k
[kind] @h HELLO 3 AUTH default sekret SETNAME me
@h CLIENT GETNAME
@h AUTH wrong
@h GET k
`},
	{"changed", `
AUTH sekret
CONFIG GET requirepass
@open PING
CONFIG SET requirepass other
PING
@open PING
@new PING
@new AUTH sekret
@new AUTH other
@new PING
CONFIG SET requirepass ""
@free PING
@free AUTH other
CONFIG SET requirepass sekret
@shut PING
`},
	{"limits", `
[raw] @a "*11\r\n$3\r\nGET\r\n"
@a PING
[raw] @b "*10\r\n$16385\r\n"
@b PING
[raw] @c "*2\r\n$4\r\nAUTH\r\n$16384\r\n" <16384*x> "\r\n"
@c PING
[raw] @d "PING\r\n"
`},
}
