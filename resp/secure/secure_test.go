package secure

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"larder/resp/param"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.file, _ = a.sign(t, "authority", true)
	return a
}

var serial int64

// sign writes a certificate and its key into files. An authority without one signs itself.
func (a *authority) sign(t *testing.T, name string, isCA bool) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial++
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IsCA: isCA, BasicConstraintsValid: true}
	if a.cert == nil {
		a.cert, a.key = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// set are the defaults with a tls-port, but for "name", "value" pairs.
func set(t *testing.T, pairs ...string) *param.Set {
	t.Helper()
	p := param.New()
	for i, pairs := 0, append(pairs, "tls-port", "6380"); i < len(pairs); i += 2 {
		if err := p.Assign(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// meet has a client agree with the terms, and returns what both make of it.
func meet(t *testing.T, terms *Terms, client *tls.Config) (state tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	here, there := net.Pipe()
	done := make(chan error, 1)
	go func() {
		c, err := terms.Shake(here)
		if err == nil {
			c.Write([]byte("x"))
			c.Close()
		}
		done <- err
	}()
	client.InsecureSkipVerify = true // what the server shows is not in question
	c := tls.Client(there, client)
	c.SetDeadline(time.Now().Add(10 * time.Second))
	_, clientErr = c.Read(make([]byte, 1)) // with 1.3 only then does a client learn that it was refused
	state = c.ConnectionState()
	there.Close()
	return state, <-done, clientErr
}

func terms(t *testing.T, p *param.Set) *Terms {
	t.Helper()
	k, err := New(p, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestClientsShowCertificates(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	cert, key := ours.sign(t, "server", false)
	known := clientOf(t, ours)
	stranger := clientOf(t, theirs)
	nobody := &tls.Config{}
	for _, r := range []struct {
		auth   string
		client *tls.Config
		enters bool
	}{
		{"yes", known, true}, {"yes", stranger, false}, {"yes", nobody, false},
		{"optional", known, true}, {"optional", stranger, false}, {"optional", nobody, true},
		{"no", known, true}, {"no", stranger, true}, {"no", nobody, true},
	} {
		k := terms(t, set(t, "tls-cert-file", cert, "tls-key-file", key, "tls-ca-cert-dir", filepath.Dir(ours.file), "tls-auth-clients", r.auth))
		if _, server, client := meet(t, k, r.client.Clone()); (server == nil) != r.enters || (client == nil) != r.enters {
			t.Errorf("%s: a client that %v: %v, %v", r.auth, r.client.Certificates != nil, server, client)
		}
	}
}

// clientOf is a client with a certificate, which it shows whatever authorities it is asked for.
func clientOf(t *testing.T, a *authority) *tls.Config {
	t.Helper()
	cert, key := a.sign(t, "client", false)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }}
}

func TestVersionsAreThoseThatAreNamed(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign(t, "server", false)
	for _, r := range []struct {
		protocols string
		client    uint16
		enters    bool
	}{
		{"", tls.VersionTLS11, false}, {"", tls.VersionTLS12, true}, {"", tls.VersionTLS13, true},
		{"TLSv1.2", tls.VersionTLS13, false}, {"TLSv1.2", tls.VersionTLS12, true},
		{"tlsv1.3", tls.VersionTLS12, false}, {"TLSv1.1 TLSv1.3", tls.VersionTLS12, false}, {"TLSv1.1 TLSv1.3", tls.VersionTLS11, true},
	} {
		k := terms(t, set(t, "tls-cert-file", cert, "tls-key-file", key, "tls-auth-clients", "no", "tls-protocols", r.protocols))
		client := &tls.Config{MinVersion: r.client, MaxVersion: r.client}
		if _, err, _ := meet(t, k, client); (err == nil) != r.enters {
			t.Errorf("%q and %s: %v", r.protocols, tls.VersionName(r.client), err)
		}
	}
}

func TestCiphersHaveNamesOfOpenSSL(t *testing.T) {
	for list, want := range map[string]string{
		"ECDHE-RSA-AES128-GCM-SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
		"AES256-SHA:!aNULL":           "AES256-SHA",
		"ECDHE+AESGCM+ECDSA":          "ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384",
		"ECDHE-ECDSA-CHACHA20-POLY1305,ECDHE-RSA-AES256-GCM-SHA384": "ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-AES256-GCM-SHA384",
		"ECDHE+AESGCM:!ECDSA":  "ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384",
		"DES-CBC3-SHA RC4-SHA": "DES-CBC3-SHA RC4-SHA",
	} {
		ids, ignored := suites(list)
		var got []string
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if slices.Contains(ids, s.ID) {
				got = append(got, openSSL(s))
			}
		}
		if slices.Sort(got); strings.Join(got, " ") != want || len(ignored) > 0 {
			t.Errorf("%s: %q, want %s; %q is ignored", list, got, want, ignored)
		}
	}
	if ids, ignored := suites("CAMELLIA128-SHA:@SECLEVEL=1:!nothing"); len(ids) != 0 || len(ignored) != 3 {
		t.Errorf("%v, ignored %q", ids, ignored)
	}
	if ids, _ := suites("HIGH:!aNULL:!MD5"); len(ids) != len(defaults()) {
		t.Errorf("HIGH is %d ciphers of %d", len(ids), len(defaults()))
	}
}

func TestCiphersAreThoseThatAreNamed(t *testing.T) {
	const name = "ECDHE-ECDSA-AES256-GCM-SHA384"
	cert, key := newAuthority(t).sign(t, "server", false)
	k := terms(t, set(t, "tls-cert-file", cert, "tls-key-file", key, "tls-auth-clients", "no", "tls-ciphers", name))
	state, err, _ := meet(t, k, &tls.Config{MaxVersion: tls.VersionTLS12})
	if err != nil || state.CipherSuite != tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 {
		t.Errorf("%s, %v", tls.CipherSuiteName(state.CipherSuite), err)
	}
}

// The fixtures are one key, as OpenSSL 3 encrypts it and as it did before, and its certificate.
func TestEncryptedKeysOpen(t *testing.T) {
	for _, file := range []string{"encrypted.pem", "older.pem"} {
		p := []string{"tls-cert-file", "testdata/cert.pem", "tls-key-file", "testdata/" + file, "tls-auth-clients", "no"}
		if _, err := New(set(t, append(p, "tls-key-file-pass", "secret")...), quiet()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for pass, says := range map[string]string{"": "give its passphrase", "wrong": "does not open"} {
			if _, err := New(set(t, append(p, "tls-key-file-pass", pass)...), quiet()); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s with %q: %v", file, pass, err)
			}
		}
	}
}

func TestMistakesSayWhatToDo(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign(t, "server", false)
	_, other := a.sign(t, "other", false)
	empty := t.TempDir()
	for _, r := range []struct {
		says  string
		pairs []string
	}{
		{"name the file with tls-cert-file", nil},
		{"name the file with tls-key-file", []string{"tls-cert-file", cert}},
		{"tls-cert-file cannot be read", []string{"tls-cert-file", "/nowhere", "tls-key-file", key}},
		{"tls-key-file cannot be read", []string{"tls-cert-file", cert, "tls-key-file", "/nowhere"}},
		{"no certificate and its key", []string{"tls-cert-file", cert, "tls-key-file", other}},
		{"set tls-auth-clients to no", []string{"tls-cert-file", cert, "tls-key-file", key}},
		{"there is no certificate in", []string{"tls-cert-file", cert, "tls-key-file", key, "tls-ca-cert-file", key}},
		{"tls-ca-cert-dir has no certificate", []string{"tls-cert-file", cert, "tls-key-file", key, "tls-ca-cert-dir", empty}},
		{"tls-ca-cert-dir cannot be read", []string{"tls-cert-file", cert, "tls-key-file", key, "tls-ca-cert-dir", "/nowhere"}},
		{"it may name TLSv1,", []string{"tls-cert-file", cert, "tls-key-file", key, "tls-auth-clients", "no", "tls-protocols", "SSLv3"}},
		{"names no cipher", []string{"tls-cert-file", cert, "tls-key-file", key, "tls-auth-clients", "no", "tls-ciphers", "NULL-MD5"}},
	} {
		if _, err := New(set(t, r.pairs...), quiet()); err == nil || !strings.Contains(err.Error(), r.says) {
			t.Errorf("%q: %v, want %q", r.pairs, err, r.says)
		}
	}
}

// TestFilesAreReadAgain: the same name again is a change, and a bad file leaves everything as it was.
func TestFilesAreReadAgain(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign(t, "first", false)
	p := set(t, "tls-cert-file", cert, "tls-key-file", key, "tls-auth-clients", "no")
	k := terms(t, p)
	named := func() string {
		state, _, _ := meet(t, k, &tls.Config{})
		return state.PeerCertificates[0].Subject.CommonName
	}
	if name := named(); name != "first" {
		t.Fatal(name)
	}
	second, secondKey := a.sign(t, "second", false)
	replace(t, second, cert)
	again := func() error {
		return p.Change([][]byte{[]byte("tls-cert-file"), []byte(cert)}, true)
	}
	if err := again(); err == nil || !strings.Contains(err.Error(), Unable.Error()) {
		t.Errorf("half of a pair is taken: %v", err)
	}
	if name := named(); name != "first" {
		t.Error(name)
	}
	replace(t, secondKey, key)
	if err := again(); err != nil {
		t.Error(err)
	}
	if name := named(); name != "second" {
		t.Error(name)
	}
}

func replace(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
