// Package secure is the server's side of TLS: it makes crypto/tls's configuration from the parameters that Redis has
// for OpenSSL, and makes it anew when a client or a signal asks for that. Connections that are open keep what they
// began with.
//
// What OpenSSL can be told and crypto/tls cannot (the order of ciphers, those of TLS 1.3, Diffie-Hellman parameters,
// the size of a cache of sessions) is said in the parameters' own rows, and in docs/compat.md.
package secure

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"larder/resp/param"
	"larder/store"
)

// parameters are those that a configuration is made of.
var parameters = [...]string{"tls-cert-file", "tls-key-file", "tls-key-file-pass", "tls-ca-cert-file",
	"tls-ca-cert-dir",
	"tls-auth-clients", "tls-protocols", "tls-ciphers", "tls-session-caching"}

// Unable is what Redis answers to a CONFIG SET whose configuration is none; the log says why.
var Unable = store.Invalid("Unable to update TLS configuration. Check server logs.")

// handshakeTime is how long a client may take to agree on keys. Until then it is nobody's client, and counts for none.
const handshakeTime = 10 * time.Second

// Terms are the present configuration. For any goroutine.
type Terms struct {
	params  *param.Set
	log     *slog.Logger
	present atomic.Pointer[tls.Config] // nil while there is no tls-port
}

// New makes the configuration, if a `tls-port` asks for one, and has CONFIG SET make the next ones.
func New(params *param.Set, log *slog.Logger) (*Terms, error) {
	t := &Terms{params: params, log: log}
	for _, name := range parameters {
		params.OnChange(name, func(string) error { return t.change() })
	}
	return t, t.Reload()
}

// change makes the next configuration for a client, who learns only that there is none.
func (t *Terms) change() error {
	if err := t.Reload(); err != nil {
		t.log.Warn("TLS cannot be configured so", "error", err)
		return Unable
	}
	return nil
}

// Reload reads the files again. After an error, which says what to do, the terms are what they were.
func (t *Terms) Reload() error {
	if t.params.Int("tls-port") == 0 {
		return nil
	}
	c, ignored, err := config(t.params)
	if err != nil {
		return err
	}
	if len(ignored) > 0 {
		t.log.Warn("tls-ciphers names what this server has not", "ignored", ignored)
	}
	t.present.Store(c)
	return nil
}

// Shake agrees on keys with a client. It may take handshakeTime.
func (t *Terms) Shake(conn net.Conn) (net.Conn, error) {
	c := tls.Server(conn, t.present.Load())
	c.SetDeadline(time.Now().Add(handshakeTime))
	if err := c.Handshake(); err != nil {
		conn.Close()
		return nil, err
	}
	c.SetDeadline(time.Time{})
	return c, nil
}

// config makes a configuration of parameters. ignored are words of tls-ciphers without a meaning here.
func config(params *param.Set) (c *tls.Config, ignored []string, err error) {
	c = &tls.Config{SessionTicketsDisabled: !params.Bool("tls-session-caching")}
	cert, err := certificate(params)
	if err != nil {
		return nil, nil, err
	}
	c.Certificates = []tls.Certificate{cert}
	if err := authenticate(c, params); err != nil {
		return nil, nil, err
	}
	if err := limitVersions(c, params.Strings("tls-protocols")); err != nil {
		return nil, nil, err
	}
	if list := params.String("tls-ciphers"); list != "" {
		if c.CipherSuites, ignored = suites(list); len(c.CipherSuites) == 0 {
			return nil, nil, fmt.Errorf("tls-ciphers names no cipher that this server has: it has %v", names(defaults()))
		}
	}
	return c, ignored, nil
}

// authenticate asks clients for certificates.
func authenticate(c *tls.Config, params *param.Set) (err error) {
	switch params.String("tls-auth-clients") {
	case "no":
		return nil
	case "optional":
		c.ClientAuth = tls.VerifyClientCertIfGiven
	default:
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	c.ClientCAs, err = authorities(params)
	return err
}

// versions are OpenSSL's names.
var versions = map[string]uint16{"tlsv1": tls.VersionTLS10, "tlsv1.1": tls.VersionTLS11, "tlsv1.2": tls.VersionTLS12,
	"tlsv1.3": tls.VersionTLS13}

// limitVersions allows the versions that are named, 1.2 and 1.3 if none are. crypto/tls knows a lowest and a highest;
// one that lacks in between is refused when it was agreed on.
func limitVersions(c *tls.Config, words []string) error {
	allowed := []uint16{tls.VersionTLS12, tls.VersionTLS13}
	if len(words) > 0 {
		allowed = nil
	}
	for _, word := range words {
		v, known := versions[strings.ToLower(word)]
		if !known {
			return fmt.Errorf("tls-protocols has %q: it may name TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3", word)
		}
		allowed = append(allowed, v)
	}
	c.MinVersion, c.MaxVersion = slices.Min(allowed), slices.Max(allowed)
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if !slices.Contains(allowed, s.Version) {
			return errors.New("tls-protocols does not allow " + tls.VersionName(s.Version))
		}
		return nil
	}
	return nil
}
