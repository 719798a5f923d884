package keystore

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestMasterKeyReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	mk, text := NewMasterKey()
	for _, form := range []string{text, text + "\n", " " + text + "\r\n"} {
		if got, err := ParseMasterKey(form); err != nil || !bytes.Equal(got.bytes(), mk.bytes()) || got.ID() != mk.ID() {
			t.Errorf("%d characters: %v", len(form), err)
		}
	}
	if other, _ := NewMasterKey(); other.ID() == mk.ID() || len(mk.ID()) != 16 {
		t.Errorf("id %q", mk.ID())
	}
}

func TestDamagedMasterKeysAreNamed(t *testing.T) {
	t.Parallel()
	_, text := NewMasterKey()
	parts := strings.Split(text, ".")
	flipped := []byte(parts[1])
	flipped[5] = map[bool]byte{true: 'B', false: 'A'}[flipped[5] == 'A']
	for name, c := range map[string]struct{ text, words string }{
		"empty":             {"", "empty"},
		"white space":       {" \n", "empty"},
		"something else":    {"hunter2", "not a master key"},
		"later form":        {"noadesk-mk-2" + text[12:], "not a master key"},
		"no checksum":       {parts[0] + "." + parts[1], "damaged"},
		"cut short":         {text[:30], "damaged"},
		"cut in checksum":   {text[:len(text)-1], "checksum"},
		"one letter other":  {parts[0] + "." + string(flipped) + "." + parts[2], "checksum"},
		"checksum other":    {parts[0] + "." + parts[1] + ".00000000", "checksum"},
		"capital checksum":  {parts[0] + "." + parts[1] + "." + "ABCDEFAB", "checksum"},
		"foreign character": {parts[0] + "." + parts[1][:42] + "!." + parts[2], "characters"},
		"broken line":       {parts[0] + "." + parts[1][:20] + "\n" + parts[1][21:] + "." + parts[2], "characters"},
		"more":              {text + ".", "damaged"},
	} {
		_, err := ParseMasterKey(c.text)
		t.Run(name, func(t *testing.T) { wantConfigError(t, err, c.words) })
	}
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	t.Parallel()
	mk, text := NewMasterKey()
	keys := &Keys{}
	keys.masters.Store(newMasters(mk, marks{instance: "0123456789abcdef", masterID: mk.ID()}))
	holder := struct {
		mk  MasterKey
		ptr *MasterKey
		Mk  MasterKey
	}{mk, &mk, mk}
	var out bytes.Buffer
	for _, v := range []any{mk, &mk, holder, &holder, []MasterKey{mk}, map[string]MasterKey{"a": mk}, keys} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "%o"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
	}
	js, err := json.Marshal([]any{mk, &mk, map[string]any{"mk": mk}})
	if err != nil || !strings.Contains(string(js), redacted) {
		t.Errorf("JSON: %s, %v", js, err)
	}
	out.Write(js)
	printed := strings.ToLower(out.String())
	for _, secret := range []string{strings.Split(text, ".")[1], hex.EncodeToString(mk.bytes()), fmt.Sprint(mk.bytes())[1:40], fmt.Sprintf("%o", mk.bytes())[1:40]} {
		if strings.Contains(printed, strings.ToLower(secret)) {
			t.Error("a secret was printed")
		}
	}
}

func TestMasterKeyFileIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	mk, text := NewMasterKey()
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, ok := range map[os.FileMode]bool{0o400: true, 0o600: true, 0o640: false, 0o604: false, 0o644: false, 0o700: false, 0o440: false, 0o660: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		got, err := ReadMasterKeyFile(path)
		if ok && (err != nil || got.ID() != mk.ID()) {
			t.Errorf("%o: %v", mode, err)
		}
		if !ok {
			wantConfigError(t, err, fmt.Sprintf("%04o", mode))
		}
	}
}

func TestMasterKeyCredentialMayBeReadThroughAnAccessList(t *testing.T) {
	t.Parallel()
	_, text := NewMasterKey()
	path := filepath.Join(t.TempDir(), "noadesk-master")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, ok := range map[os.FileMode]bool{0o400: true, 0o440: true, 0o444: false, 0o460: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMasterKeyCredential(path); (err == nil) != ok {
			t.Errorf("%o: %v", mode, err)
		}
	}
}

func TestMasterKeyFileIsAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string]string{"": "not a regular file", "pipe": "not a regular file", "nothing": "no such file"} {
		_, err := ReadMasterKeyFile(filepath.Join(dir, name))
		wantConfigError(t, err, words)
	}
}

func FuzzMasterKey(f *testing.F) {
	_, text := NewMasterKey()
	for _, seed := range []string{text, text[:20], "", "noadesk-mk-1..", "noadesk-mk-1." + strings.Repeat("A", 43) + ".66687aad"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if mk, err := ParseMasterKey(text); err == nil && mk.text() != strings.TrimSpace(text) {
			t.Error("two texts stand for one key")
		}
	})
}
