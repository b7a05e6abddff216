package secure

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/youmark/pkcs8"

	"larder/resp/param"
)

// certificate reads the server's certificate, with those that stand behind it, and its key.
func certificate(params *param.Set) (tls.Certificate, error) {
	var none tls.Certificate
	certFile, keyFile := params.Path("tls-cert-file"), params.Path("tls-key-file")
	switch {
	case certFile == "":
		return none, errors.New("there is a tls-port and no certificate: name the file with tls-cert-file")
	case keyFile == "":
		return none, errors.New("there is a tls-port and no key: name the file with tls-key-file")
	}
	certs, err := os.ReadFile(certFile)
	if err != nil {
		return none, fmt.Errorf("tls-cert-file cannot be read: %w", err)
	}
	key, err := readKey(keyFile, params.String("tls-key-file-pass"))
	if err != nil {
		return none, err
	}
	c, err := tls.X509KeyPair(certs, key)
	if err != nil {
		return none, fmt.Errorf("%s and %s are no certificate and its key: %w", certFile, keyFile, err)
	}
	return c, nil
}

// readKey reads a private key in PEM and decrypts it, as OpenSSL 3 writes it (PKCS#8) or as it did before.
func readKey(file, pass string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("tls-key-file cannot be read: %w", err)
	}
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return text, nil // what it lacks is said when it is put beside the certificate
		}
		key, encrypted, err := decrypt(block, pass)
		switch {
		case !encrypted:
			continue
		case err != nil && pass == "":
			return nil, fmt.Errorf("the key in %s is encrypted: give its passphrase with tls-key-file-pass", file)
		case err != nil:
			return nil, fmt.Errorf("the key in %s does not open with tls-key-file-pass: %w", file, err)
		}
		return pem.EncodeToMemory(key), nil
	}
}

// decrypt opens a block of a file if it is an encrypted key.
func decrypt(block *pem.Block, pass string) (key *pem.Block, encrypted bool, err error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" {
		var private crypto.PrivateKey
		if private, err = pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(pass)); err != nil {
			return nil, true, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		return &pem.Block{Type: "PRIVATE KEY", Bytes: der}, true, err
	}
	//lint:ignore SA1019 the older form is weak, and there are files in it all the same
	if !x509.IsEncryptedPEMBlock(block) {
		return nil, false, nil
	}
	//lint:ignore SA1019 see above
	der, err := x509.DecryptPEMBlock(block, []byte(pass))
	return &pem.Block{Type: block.Type, Bytes: der}, true, err
}

// authorities reads whose certificates clients may have: those in a file, and those in the files of a directory.
func authorities(params *param.Set) (*x509.CertPool, error) {
	file, dir := params.Path("tls-ca-cert-file"), params.Path("tls-ca-cert-dir")
	if file == "" && dir == "" {
		return nil, errors.New("clients are to show certificates, and nobody's are trusted: name tls-ca-cert-file or " +
			"tls-ca-cert-dir, or set tls-auth-clients to no")
	}
	pool := x509.NewCertPool()
	if file != "" {
		if err := addAuthority(pool, file); err != nil {
			return nil, err
		}
	}
	if dir == "" {
		return pool, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("tls-ca-cert-dir cannot be read: %w", err)
	}
	found := 0
	for _, e := range entries {
		if addAuthority(pool, filepath.Join(dir, e.Name())) == nil { // there may be other files
			found++
		}
	}
	if found == 0 {
		return nil, fmt.Errorf("tls-ca-cert-dir has no certificate: put files in PEM into %s", dir)
	}
	return pool, nil
}

func addAuthority(pool *x509.CertPool, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("tls-ca-cert-file cannot be read: %w", err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("there is no certificate in %s: it must be in PEM", file)
	}
	return nil
}
