package secure

import (
	"crypto/tls"
	"slices"
	"strings"
)

// The ciphers of TLS 1.2 are named in OpenSSL's words. Of its grammar there is what configurations have: names, words
// that stand for several (HIGH, ECDHE, AESGCM), words joined by +, and ! or - before what is not wanted. crypto/tls
// decides on the order itself.

// classes are words for many ciphers, and the part of their names that these have in common.
var classes = map[string]string{"AESGCM": "GCM", "EECDH": "ECDHE", "kEECDH": "ECDHE", "kECDHE": "ECDHE",
	"aECDSA": "ECDSA",
	"aRSA":   "RSA"}

// absent are words for ciphers that crypto/tls never offers: to exclude them asks for nothing.
var absent = []string{"aNULL", "eNULL", "NULL", "EXPORT", "EXP", "LOW", "MEDIUM", "DES", "MD5", "PSK", "SRP", "DSS",
	"CAMELLIA",
	"SEED", "IDEA", "DH", "DHE", "EDH", "kDHE", "kEDH", "ADH", "AECDH", "ARIA", "aDSS", "SSLv2", "SSLv3", "TLSv1"}

// suites are the ciphers of a list, and the words of it that mean nothing here.
func suites(list string) (ids []uint16, ignored []string) {
	var chosen, never []*tls.CipherSuite
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":, ", r) }) {
		bare := strings.TrimLeft(word, "!-")
		found := meant(bare)
		switch {
		case bare != word:
			never = append(never, found...)
			if len(found) == 0 && !slices.Contains(absent, bare) {
				ignored = append(ignored, word)
			}
		case len(found) == 0:
			ignored = append(ignored, word)
		default:
			chosen = append(chosen, found...)
		}
	}
	for _, s := range chosen {
		same := func(other *tls.CipherSuite) bool { return other.ID == s.ID }
		if !slices.ContainsFunc(never, same) && !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	return ids, ignored
}

// meant are the ciphers that a word stands for.
func meant(word string) (found []*tls.CipherSuite) {
	switch word {
	case "DEFAULT", "HIGH", "ALL", "SECURE":
		return defaults()
	}
	for _, s := range append(defaults(), forOlder(tls.InsecureCipherSuites())...) {
		name := openSSL(s)
		fits := func(part string) bool {
			if class, ok := classes[part]; ok {
				part = class
			}
			whole := strings.Contains(part, "-")
			return name == part || !whole && part != "" && strings.Contains("-"+name, "-"+part)
		}
		parts := strings.Split(word, "+")
		if !slices.ContainsFunc(parts, func(p string) bool { return !fits(p) }) {
			found = append(found, s)
		}
	}
	return found
}

// defaults are the ciphers that are used if none are named. Those of crypto/tls's other list are, if they are named.
func defaults() []*tls.CipherSuite { return forOlder(tls.CipherSuites()) }

func forOlder(list []*tls.CipherSuite) []*tls.CipherSuite {
	return slices.DeleteFunc(list, func(s *tls.CipherSuite) bool {
		return !slices.Contains(s.SupportedVersions, tls.VersionTLS12)
	})
}

func names(list []*tls.CipherSuite) (names []string) {
	for _, s := range list {
		names = append(names, openSSL(s))
	}
	return names
}

// openSSL is what OpenSSL calls a cipher of TLS 1.2.
func openSSL(s *tls.CipherSuite) string {
	exchange, cipher, _ := strings.Cut(strings.TrimPrefix(s.Name, "TLS_"), "_WITH_")
	cipher = strings.NewReplacer("AES_128", "AES128", "AES_256", "AES256", "3DES_EDE_CBC", "DES-CBC3", "RC4_128", "RC4",
		"CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", "_CBC_", "-").Replace(cipher)
	if exchange == "RSA" {
		return strings.ReplaceAll(cipher, "_", "-")
	}
	return strings.ReplaceAll(exchange+"-"+cipher, "_", "-")
}
