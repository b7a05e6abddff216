package integration

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// credentials are files: an authority, and what it has signed for the server and for a client.
type credentials struct{ ca, cert, key, clientCert, clientKey string }

func newCredentials(t *testing.T, serverName string) credentials {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	c := credentials{at("ca.pem"), at("cert.pem"), at("key.pem"), at("client.pem"), at("client-key.pem")}
	authority, authorityKey := sign(t, "authority", nil, nil, c.ca, at("ca-key.pem"))
	sign(t, serverName, authority, authorityKey, c.cert, c.key)
	sign(t, "client", authority, authorityKey, c.clientCert, c.clientKey)
	return c
}

// sign writes a certificate and its key; without an authority it becomes one.
func sign(t *testing.T, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey, certFile, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: by == nil, BasicConstraintsValid: true}
	if by == nil {
		by, byKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return template, key
}

func (c credentials) serverArgs() []string {
	return []string{"--tls-cert-file", c.cert, "--tls-key-file", c.key, "--tls-ca-cert-file", c.ca}
}

// dialTLS is a connection that goes by the credentials of a client.
func dialTLS(t *testing.T, c credentials, port int) *tls.Conn {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(c.clientCert, c.clientKey)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(c.ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{RootCAs: pool, ServerName: "localhost",
		Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

func startSecure(t *testing.T, c credentials) (s *server, port int) {
	t.Helper()
	port = freePort(t)
	return startLarder(t, append(c.serverArgs(), "--tls-port", fmt.Sprint(port))...), port
}

// TestTLSWithPrograms: redis-cli and redis-py talk to the server, and one that shows no certificate is not let in.
func TestTLSWithPrograms(t *testing.T) {
	t.Parallel()
	c := newCredentials(t, "server")
	s, port := startSecure(t, c)
	cli := func(words ...string) string {
		out, _ := exec.Command("redis-cli", append([]string{"-p", fmt.Sprint(port), "--tls"}, words...)...).CombinedOutput()
		return strings.TrimSpace(string(out))
	}
	shown := []string{"--cacert", c.ca, "--cert", c.clientCert, "--key", c.clientKey}
	if got := cli(append(shown, "SET", "a", "by cli")...); got != "OK" {
		t.Error(got)
	}
	if got := cli("--cacert", c.ca, "GET", "a"); !strings.Contains(strings.ToLower(got), "error") {
		t.Errorf("a client without a certificate got %q", got)
	}
	program := `
import redis, sys
r = redis.Redis(host="localhost", port=int(sys.argv[1]), ssl=True, ssl_ca_certs=sys.argv[2], ssl_certfile=sys.argv[3],
                ssl_keyfile=sys.argv[4], decode_responses=True)
print(r.get("a"))
p = r.pipeline()
for i in range(1000):
    p.rpush("list", "x" * 1000)
print(p.execute()[-1], len("".join(r.lrange("list", 0, -1))))
heard = r.pubsub()
heard.subscribe("news")
print(heard.get_message(timeout=10)["type"])
r.publish("news", "hello")
print(heard.get_message(timeout=10)["data"])
`
	out, err := exec.Command("/usr/bin/python3", "-c", program, fmt.Sprint(port), c.ca, c.clientCert, c.clientKey).CombinedOutput()
	if want := "by cli\n1000 1000000\nsubscribe\nhello\n"; string(out) != want || err != nil {
		t.Errorf("redis-py says %s, %v", out, err)
	}
	if got := dial(t, s).must(t, "GET", "a"); got.text != "by cli" {
		t.Errorf("without TLS: %q", got.text)
	}
}

// TestTLSReloads: new clients get the new certificate, after CONFIG SET of the same file and after a signal, and who is
// connected stays.
func TestTLSReloads(t *testing.T) {
	t.Parallel()
	c := newCredentials(t, "first")
	s, port := startSecure(t, c)
	stays := dialTLS(t, c, port)
	pinged := func() {
		t.Helper()
		fmt.Fprint(stays, "PING\r\n")
		if line, err := bufio.NewReader(stays).ReadString('\n'); line != "+PONG\r\n" {
			t.Fatalf("who was connected reads %q, %v", line, err)
		}
	}
	pinged()
	renew := func(name string) credentials {
		next := newCredentials(t, name)
		for from, to := range map[string]string{next.cert: c.cert, next.key: c.key, next.ca: c.ca} {
			text, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(to, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return next
	}
	serverName := func(c credentials) string {
		return dialTLS(t, c, port).ConnectionState().PeerCertificates[0].Subject.CommonName
	}

	second := renew("second")
	dial(t, s).must(t, "CONFIG", "SET", "tls-cert-file", c.cert, "tls-ca-cert-file", c.ca)
	if name := serverName(second); name != "second" {
		t.Errorf("after CONFIG SET the server is %s", name)
	}
	third := renew("third")
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the certificate is read after SIGHUP", func() bool {
		pair, err := tls.LoadX509KeyPair(third.clientCert, third.clientKey)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}})
		if err != nil {
			return false
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName == "third"
	})
	pinged()
}

// TestTLSKeepsItsPort: what cannot be a configuration leaves the one there is, and the port opens and closes by CONFIG SET.
// The texts are redis-server's.
func TestTLSKeepsItsPort(t *testing.T) {
	t.Parallel()
	c := newCredentials(t, "server")
	port := freePort(t)
	for _, s := range []*server{startLarder(t), startJudge(t)} {
		conn := dial(t, s)
		replies := []struct{ line, reply string }{
			{"CONFIG SET tls-port " + fmt.Sprint(port), "Unable to update TLS configuration. Check server logs."},
			{"CONFIG GET tls-port", "0"},
			{"CONFIG SET tls-cert-file " + c.cert + " tls-key-file " + c.key + " tls-ca-cert-file " + c.ca + " tls-port " + fmt.Sprint(port), "OK"},
			{"CONFIG SET tls-key-file " + c.clientKey, "CONFIG SET failed (possibly related to argument 'tls-key-file') - Unable to update TLS configuration. Check server logs."},
			{"CONFIG GET tls-key-file", c.key},
			{"CONFIG SET tls-protocols SSLv9", "Unable to update TLS configuration. Check server logs."},
			{"CONFIG SET tls-auth-clients no", "OK"},
			{"CONFIG SET tls-auth-clients yes", "OK"},
		}
		for _, r := range replies {
			if got, _ := conn.do(strings.Fields(r.line)...); !strings.Contains(got.String(), r.reply) {
				t.Errorf("%s: %s answers %s, want %s", filepath.Base(s.bin), r.line, got, r.reply)
			}
		}
		secure := dialTLS(t, c, port)
		fmt.Fprint(secure, "PING\r\n")
		if line, _ := bufio.NewReader(secure).ReadString('\n'); line != "+PONG\r\n" {
			t.Errorf("%s: %q", filepath.Base(s.bin), line)
		}
		conn.must(t, "CONFIG", "SET", "tls-port", "0")
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			conn.Close()
			t.Errorf("%s listens on", filepath.Base(s.bin))
		}
	}
}

// TestTLSHoldsNobodyUp: clients that connect and say nothing, or no TLS, cost the others nothing.
func TestTLSHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	c := newCredentials(t, "server")
	_, port := startSecure(t, c)
	for i := range 50 {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			fmt.Fprint(conn, "PING\r\n")
		}
	}
	conn := dialTLS(t, c, port)
	big := strings.Repeat("x", 3<<20)
	fmt.Fprintf(conn, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%d\r\n%s\r\n", len(big), big)
	for range 20 { // more than fits into any buffer, before the first is read
		fmt.Fprint(conn, "GET a\r\n")
	}
	fmt.Fprint(conn, "CLIENT INFO\r\n")
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); line != "+OK\r\n" {
		t.Fatal(line, err)
	}
	for i := range 20 {
		line, err := r.ReadString('\n')
		if want := fmt.Sprintf("$%d\r\n", len(big)); line != want {
			t.Fatalf("reply %d begins %q, %v", i, line, err)
		}
		if n, err := r.Discard(len(big) + 2); err != nil {
			t.Fatalf("reply %d ends after %d bytes: %v", i, n, err)
		}
	}
	r.ReadString('\n')
	if info, _ := r.ReadString('\n'); strings.Contains(info, "fd=-1") || !strings.Contains(info, fmt.Sprintf("laddr=127.0.0.1:%d", port)) {
		t.Error(info)
	}
}
