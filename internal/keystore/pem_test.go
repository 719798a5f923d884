package keystore

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

const passphrase = "correct horse"

// opensslNames are what openssl calls our curves.
var opensslNames = map[string]string{"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}

// newKeyFile makes key.pem in a new folder and gives the folder.
func newKeyFile(t testing.TB, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	openssl(t, dir, append(args, "-out", "key.pem")...)
	return dir
}

// forms are commands that write key.pem anew in every form that is taken.
var forms = map[string][]string{
	"genpkey":             {"pkey", "-in", "key.pem"},
	"sec1":                {"ec", "-in", "key.pem"},
	"sec1 without public": {"ec", "-in", "key.pem", "-no_public"},
	"sec1 compressed":     {"ec", "-in", "key.pem", "-conv_form", "compressed"},
	"sec1 hybrid":         {"ec", "-in", "key.pem", "-conv_form", "hybrid"},
	"pkcs8":               {"pkcs8", "-topk8", "-nocrypt", "-in", "key.pem"},
	"pkcs8 default":       {"pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 aes-128":       {"pkcs8", "-topk8", "-v2", "aes-128-cbc", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 aes-192":       {"pkcs8", "-topk8", "-v2", "aes-192-cbc", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 aes-256":       {"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 3des":          {"pkcs8", "-topk8", "-v2", "des3", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 sha1":          {"pkcs8", "-topk8", "-v2prf", "hmacWithSHA1", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 sha224":        {"pkcs8", "-topk8", "-v2prf", "hmacWithSHA224", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 sha384":        {"pkcs8", "-topk8", "-v2prf", "hmacWithSHA384", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 sha512":        {"pkcs8", "-topk8", "-v2prf", "hmacWithSHA512", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 sha512/256":    {"pkcs8", "-topk8", "-v2prf", "hmacWithSHA512-256", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 many rounds":   {"pkcs8", "-topk8", "-iter", "100000", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"pkcs8 scrypt":        {"pkcs8", "-topk8", "-scrypt", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"legacy aes-256":      {"ec", "-aes256", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"legacy aes-128":      {"ec", "-aes128", "-in", "key.pem", "-passout", "pass:" + passphrase},
	"legacy 3des":         {"ec", "-des3", "-in", "key.pem", "-passout", "pass:" + passphrase},
}

func TestEveryFormOfOpenSSLIsTaken(t *testing.T) {
	t.Parallel()
	for name, openSSLName := range opensslNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newKeyFile(t, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:"+openSSLName)
			public := openssl(t, dir, "pkey", "-in", "key.pem", "-pubout")
			for form, command := range forms {
				text := openssl(t, dir, command...)
				wantKey(t, form, text, public)
			}
			text := openssl(t, dir, forms["legacy aes-256"]...)
			wantKey(t, "CRLF", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), public)
			wantKey(t, "byte order mark", append([]byte("\xef\xbb\xbf"), text...), public)
			text = openssl(t, dir, "ecparam", "-genkey", "-name", openSSLName)
			write(t, dir, "both.pem", text)
			wantKey(t, "with EC PARAMETERS", text, openssl(t, dir, "pkey", "-in", "both.pem", "-pubout"))
		})
	}
}

// wantKey wants a PEM to be taken as the key with that public half.
func wantKey(t *testing.T, form string, text, public []byte) {
	t.Helper()
	private, err := parsePEM(text, []byte(passphrase))
	if err != nil {
		t.Errorf("%s: %v", form, err)
		return
	}
	spki, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if got := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}); !bytes.Equal(got, public) {
		t.Errorf("%s: another key came out", form)
	}
}

// wantRefusal wants a PEM to be refused in one sentence with these words.
func wantRefusal(t *testing.T, name string, text []byte, words string) {
	t.Helper()
	_, err := parsePEM(text, nil)
	wantSentence(t, name, err, words)
	for _, line := range bytes.Fields(text) {
		if err != nil && len(line) > 20 && strings.Contains(err.Error(), string(line)) {
			t.Errorf("%s: the refusal repeats what was given", name)
		}
	}
}

func wantSentence(t *testing.T, name string, err error, words string) {
	t.Helper()
	var refusal Refusal
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Sentence, words) {
		t.Errorf("%s: got %v, want words %q", name, err, words)
	}
	if s := refusal.Sentence; strings.Contains(s, "\n") || strings.Contains(strings.TrimSuffix(s, "."), ". ") {
		t.Errorf("%s: more than one sentence: %q", name, s)
	}
}

func TestKeysOfOtherKindsAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command []string
		words   string
	}{
		"RSA":       {[]string{"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"}, "RSA key"},
		"old RSA":   {[]string{"genrsa", "-traditional", "1024"}, "RSA key"},
		"RSA-PSS":   {[]string{"genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:1024"}, "RSA key"},
		"Ed25519":   {[]string{"genpkey", "-algorithm", "ED25519"}, "Ed25519"},
		"Ed448":     {[]string{"genpkey", "-algorithm", "ED448"}, "Ed448"},
		"X25519":    {[]string{"genpkey", "-algorithm", "X25519"}, "X25519"},
		"X448":      {[]string{"genpkey", "-algorithm", "X448"}, "X448"},
		"P-224":     {[]string{"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp224r1"}, "P-224"},
		"P-192":     {[]string{"ecparam", "-genkey", "-noout", "-name", "prime192v1"}, "P-192"},
		"secp256k1": {[]string{"ecparam", "-genkey", "-name", "secp256k1"}, "secp256k1"},
		"brainpool": {[]string{"ecparam", "-genkey", "-noout", "-name", "brainpoolP256r1"}, "brainpoolP256r1"},
		"SM2":       {[]string{"ecparam", "-genkey", "-noout", "-name", "SM2"}, "SM2"},
		"binary":    {[]string{"ecparam", "-genkey", "-noout", "-name", "sect283r1"}, "does not take"},
		"explicit":  {[]string{"ecparam", "-genkey", "-noout", "-name", "prime256v1", "-param_enc", "explicit"}, "param_enc named_curve"},
		"pkcs8 explicit": {[]string{
			"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit",
		}, "param_enc named_curve"},
		"parameters":   {[]string{"ecparam", "-name", "prime256v1"}, "only the parameters"},
		"DH":           {[]string{"genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"}, "Diffie-Hellman"},
		"DSA elements": {[]string{"dhparam", "-2", "512"}, "something else"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefusal(t, name, openssl(t, t.TempDir(), c.command...), c.words)
		})
	}
}

func TestWhatIsMadeFromAKeyIsNamed(t *testing.T) {
	t.Parallel()
	dir := newKeyFile(t, "ecparam", "-genkey", "-noout", "-name", "secp384r1")
	for name, c := range map[string]struct {
		command []string
		words   string
	}{
		"certificate": {[]string{"req", "-x509", "-new", "-key", "key.pem", "-subj", "/CN=a"}, "a certificate;"},
		"request":     {[]string{"req", "-new", "-key", "key.pem", "-subj", "/CN=a"}, "certificate request"},
		"public key":  {[]string{"ec", "-in", "key.pem", "-pubout"}, "public key"},
		"DER":         {[]string{"ec", "-in", "key.pem", "-outform", "DER"}, "binary (DER)"},
		"PKCS#8 DER":  {[]string{"pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER"}, "binary (DER)"},
		"text":        {[]string{"ec", "-in", "key.pem", "-text"}, "other text before"},
		"PBES1":       {[]string{"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", "key.pem", "-passout", "pass:x"}, "-v2 aes-256-cbc"},
		"Camellia":    {[]string{"ec", "-camellia256", "-in", "key.pem", "-passout", "pass:x"}, "-v2 aes-256-cbc"},
		"encrypted":   {[]string{"pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:x"}, "needs its passphrase"},
		"legacy":      {[]string{"ec", "-aes256", "-in", "key.pem", "-passout", "pass:x"}, "needs its passphrase"},
	} {
		wantRefusal(t, name, openssl(t, dir, c.command...), c.words)
	}
}

func TestTextThatIsNoKeyIsNamed(t *testing.T) {
	t.Parallel()
	dir := newKeyFile(t, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
	key := string(openssl(t, dir, "pkey", "-in", "key.pem"))
	public := string(openssl(t, dir, "pkey", "-in", "key.pem", "-pubout"))
	sec1 := string(openssl(t, dir, "ec", "-in", "key.pem"))
	other := string(openssl(t, dir, "ecparam", "-name", "secp384r1"))
	utf16 := func(order func(byte) []byte) string {
		var b []byte
		for _, c := range []byte(key) {
			b = append(b, order(c)...)
		}
		return string(b)
	}
	for name, c := range map[string]struct{ text, words string }{
		"nothing":            {"", "empty"},
		"white space":        {" \n\t\r\n", "empty"},
		"only a mark":        {"\xef\xbb\xbf", "empty"},
		"too much":           {strings.Repeat("A", maxPEM+1), "64 KiB"},
		"bomb":               {strings.Repeat("-----BEGIN A-----\n", 3600), "damaged"},
		"noise":              {strings.Repeat("\x81\x92noise", 1000), "not a private key in PEM"},
		"UTF-16 LE":          {utf16(func(c byte) []byte { return []byte{c, 0} }), "UTF-16"},
		"UTF-16 BE":          {utf16(func(c byte) []byte { return []byte{0, c} }), "UTF-16"},
		"UTF-16 with mark":   {"\xff\xfe" + utf16(func(c byte) []byte { return []byte{c, 0} }), "UTF-16"},
		"JSON":               {`{"private_key": "x"}`, "JSON"},
		"JSON line ends":     {strings.ReplaceAll(key, "\n", `\n`), `written as \n`},
		"SSH public":         {"ssh-ed25519 AAAA", "public key of SSH"},
		"OpenSSH":            {"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", "OpenSSH"},
		"two keys":           {key + key, "two private keys"},
		"two kinds":          {sec1 + key, "two private keys"},
		"key and public":     {key + public, "more than a private key"},
		"junk behind":        {key + "junk", "something else behind"},
		"broken key behind":  {key + "-----BEGIN PRIVATE KEY-----", "something else behind"},
		"text before":        {"Bag Attributes\n" + key, "other text before"},
		"cut short":          {key[:len(key)/2], "damaged"},
		"no end":             {strings.Split(key, "-----END")[0], "damaged"},
		"other end":          {strings.Replace(key, "END PRIVATE", "END PUBLIC", 1), "damaged"},
		"broken then whole":  {"-----BEGIN PRIVATE KEY-----\n" + key, "damaged"},
		"quoted-printable":   {strings.Replace(key, "\n", "=\n", 3), "damaged"},
		"header lines":       {strings.Replace(sec1, "KEY-----\n", "KEY-----\nComment: x\n\n", 1), "header lines"},
		"unknown kind":       {strings.ReplaceAll(key, "PRIVATE KEY", "SOMETHING"), "something else than"},
		"RSA as PKCS#8":      {strings.ReplaceAll(sec1, "EC PRIVATE", "PRIVATE"), "form it says"},
		"PKCS#8 as SEC1":     {strings.ReplaceAll(key, "PRIVATE", "EC PRIVATE"), "form it says"},
		"public as private":  {strings.ReplaceAll(public, "PUBLIC", "PRIVATE"), "form it says"},
		"clear as encrypted": {strings.ReplaceAll(key, "PRIVATE", "ENCRYPTED PRIVATE"), "form it says"},
		"other parameters":   {other + sec1, "two different curves"},
		"three blocks":       {other + sec1 + key, "two private keys"},
		"old encrypted RSA":  {legacyRSA, "RSA"},
	} {
		wantRefusal(t, name, []byte(c.text), c.words)
	}
}

const legacyRSA = `-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,00000000000000000000000000000000

AAAA
-----END RSA PRIVATE KEY-----
`

func TestWrongPassphrasesAreNamed(t *testing.T) {
	t.Parallel()
	dir := newKeyFile(t, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
	for form, tries := range map[string]int{"pkcs8 default": 300, "pkcs8 scrypt": 2, "legacy aes-256": 1000} {
		text := openssl(t, dir, forms[form]...)
		for i := range tries { // one in 256 gets past the padding
			_, err := parsePEM(text, []byte{'x', byte(i), byte(i >> 8)})
			wantSentence(t, form, err, "passphrase does not open")
			if refusal := (Refusal{}); !errors.As(err, &refusal) || !refusal.Passphrase {
				t.Errorf("%s: the refusal does not ask for a passphrase", form)
			}
		}
	}
}

func TestRefusedKeysStoreNothing(t *testing.T) {
	t.Parallel()
	keys, db, _ := newKeys(t)
	text := openssl(t, t.TempDir(), "genpkey", "-algorithm", "ED25519")
	if _, _, err := keys.Import(context.Background(), someone, fleet, "desk", text, nil); err == nil {
		t.Error("taken")
	}
	var rows, records int
	err := db.QueryRow(context.Background(), `SELECT (SELECT count(*) FROM signing_keys),
		(SELECT count(*) FROM audit WHERE action LIKE 'key.%')`).Scan(&rows, &records)
	if err != nil || rows+records != 0 {
		t.Errorf("%d keys and %d records, %v", rows, records, err)
	}
}

func FuzzImport(f *testing.F) {
	dir := newKeyFile(f, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
	for _, form := range []string{"genpkey", "sec1", "pkcs8 default", "legacy aes-256", "sec1 compressed"} {
		f.Add(openssl(f, dir, forms[form]...))
	}
	f.Add(openssl(f, dir, "ecparam", "-genkey", "-name", "secp521r1"))
	f.Add([]byte(legacyRSA))
	f.Fuzz(func(t *testing.T, text []byte) {
		private, err := parsePEM(text, []byte(passphrase))
		if err == nil {
			if _, err := newRecord(fleet, "desk", Imported, private); err != nil {
				t.Error("taken, but not to be stored")
			}
			return
		}
		if refusal := (Refusal{}); !errors.As(err, &refusal) || refusal.Sentence == "" {
			t.Errorf("refused without a sentence: %v", err)
		}
	})
}
