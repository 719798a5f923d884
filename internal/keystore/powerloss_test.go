package keystore

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"unsafe"
)

// importedMany is how many keys are stored while the power may fail.
const importedMany = 80

// importMany makes keys and notes in the trace which of them were reported as stored.
func importMany(ctx context.Context, keys *Keys, _ crashFolder) error {
	trace, err := os.OpenFile(os.Getenv("STORAGE_TRACE"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer trace.Close()
	for range importedMany {
		key, err := keys.Generate(ctx, someone, fleet, "desk", "P-256")
		if err != nil {
			return err
		}
		if _, err := trace.Write(noted(key.Fingerprint)); err != nil {
			return err
		}
	}
	return nil
}

// importWeakly does it with a setting that the store never has. It reaches for
// the writing connection behind the store's back, as the store offers no way.
func importWeakly(ctx context.Context, keys *Keys, f crashFolder) error {
	field := reflect.ValueOf(keys.db).Elem().FieldByName("write")
	pool := *(**sql.DB)(unsafe.Pointer(field.UnsafeAddr())) // a test of what must not be
	if _, err := pool.ExecContext(ctx, `PRAGMA synchronous = NORMAL`); err != nil {
		return err
	}
	return importMany(ctx, keys, f)
}

// A storageCall is one line of the trace; its kinds are those of storage.c and
// 'a' for a key that was reported as stored.
type storageCall struct {
	kind   byte
	file   byte
	offset int64
	data   []byte
}

func noted(fingerprint string) []byte {
	head := make([]byte, 24)
	head[0] = 'a'
	binary.LittleEndian.PutUint64(head[16:], uint64(len(fingerprint)))
	return append(head, fingerprint...)
}

func readTrace(t *testing.T, path string) []storageCall {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var calls []storageCall
	for len(text) >= 24 {
		c := storageCall{kind: text[0], file: text[1], offset: int64(binary.LittleEndian.Uint64(text[8:]))}
		n := int(binary.LittleEndian.Uint64(text[16:]))
		c.data, text = text[24:24+n], text[24+n:]
		calls = append(calls, c)
	}
	if len(text) != 0 {
		t.Fatalf("%d bytes of the trace are left over", len(text))
	}
	return calls
}

// A disk is what a storage holds of a database (1) and its log (2): what is
// there for good, and calls that the next power loss may take back.
type disk struct {
	durable map[byte][]byte
	pending []storageCall
	stored  []string // keys that were reported as stored
}

// take lets the disk see a call. A sync of a file makes all of its calls last.
func (d *disk) take(c storageCall) {
	switch c.kind {
	case 'a':
		d.stored = append(d.stored, string(c.data))
	case 's':
		for _, p := range d.pending {
			if p.file == c.file {
				apply(d.durable, p)
			}
		}
		d.pending = slices.DeleteFunc(d.pending, func(p storageCall) bool { return p.file == c.file })
	case 'u':
		delete(d.durable, c.file)
		d.pending = slices.DeleteFunc(d.pending, func(p storageCall) bool { return p.file == c.file })
	default:
		d.pending = append(d.pending, c)
	}
}

// apply carries out a call on the files.
func apply(files map[byte][]byte, c storageCall) {
	end := int(c.offset) + len(c.data)
	file := files[c.file]
	if short := end - len(file); short > 0 {
		file = append(file, make([]byte, short)...)
	}
	if c.kind == 't' {
		file = file[:c.offset]
	}
	copy(file[c.offset:], c.data)
	files[c.file] = file
}

// after is what the disk holds when the power comes back, if these of the
// pending calls reached it.
func (d *disk) after(survived []storageCall) image {
	files := map[byte][]byte{}
	for file, data := range d.durable {
		files[file] = slices.Clone(data)
	}
	for _, c := range survived {
		apply(files, c)
	}
	return image{files, slices.Clone(d.stored)}
}

// losses are the ways in which the power may fail now: which of the pending
// calls survive it.
func (d *disk) losses(chance *rand.Rand) [][]storageCall {
	n := chance.IntN(len(d.pending) + 1)
	prefix := slices.Clone(d.pending[:n])
	var some []storageCall
	for _, c := range d.pending {
		if chance.IntN(2) == 0 {
			some = append(some, c)
		}
	}
	ways := [][]storageCall{nil, d.pending, prefix, some}
	if n > 0 && len(prefix[n-1].data) > 512 {
		torn := slices.Clone(prefix)
		torn[n-1].data = torn[n-1].data[:512*(1+chance.IntN(len(torn[n-1].data)/512))]
		ways = append(ways, torn)
	}
	return ways
}

// An image is what is found after a power loss, and what was promised before it.
type image struct {
	files  map[byte][]byte
	stored []string
}

// lost counts the keys of an image that were promised and are not there.
// Anything else that is wrong is an error.
func (i image) lost(t *testing.T, template crashTemplate, dir string) (int, error) {
	t.Helper()
	ctx := context.Background()
	f := template.in(t, dir)
	for file, name := range map[byte]string{1: "data/noadesk.db", 2: "data/noadesk.db-wal"} {
		if data, ok := i.files[file]; ok {
			write(t, dir, name, data)
		}
	}
	db, keys, err := f.open(ctx)
	if err != nil {
		return 0, err
	}
	defer closeStore(t, db)
	lost := 0
	for _, fingerprint := range i.stored {
		if _, err := keys.Key(ctx, fleet, fingerprint); errors.Is(err, ErrNotFound) {
			lost++
		} else if err != nil {
			return 0, err
		}
	}
	return lost, sound(ctx, db, keys)
}

// powerLosses runs a piece of work and gives images of it: at every report and
// at many moments between.
func powerLosses(t *testing.T, template crashTemplate, work string, every int, give func(image)) {
	t.Helper()
	f := template.in(t, filepath.Join(memoryDir(t), "work"))
	trace := f.file("trace")
	if !f.crash(t, work, "trace", 0, "STORAGE_TRACE="+trace) {
		t.Fatal("the keys were not stored at all")
	}
	chance := rand.New(rand.NewPCG(1, 2))
	d := disk{durable: map[byte][]byte{1: slices.Clone(template["data/noadesk.db"])}}
	for i, c := range readTrace(t, trace) {
		d.take(c)
		switch {
		case c.kind == 'a':
			give(d.after(nil))
		case i%every == 0 && len(d.pending) > 0:
			for _, survived := range d.losses(chance) {
				give(d.after(survived))
			}
		}
	}
	if len(d.stored) != importedMany {
		t.Errorf("%d keys were reported as stored", len(d.stored))
	}
}

// lose has the power fail during a piece of work and looks at what is found
// after each time, some at a time. It counts the times and the lost keys.
func lose(t *testing.T, work string, every int) (states, lost int) {
	t.Helper()
	template := newCrashTemplate(t, prepareKeys)
	images := make(chan image)
	var mu sync.Mutex
	var parts sync.WaitGroup
	for part := range crashesAtOnce {
		dir := filepath.Join(memoryDir(t), fmt.Sprint(part))
		parts.Go(func() {
			for i := range images {
				n, err := i.lost(t, template, dir)
				if err != nil {
					t.Errorf("after %d keys were stored: %v", len(i.stored), err)
				}
				mu.Lock()
				states, lost = states+1, lost+n
				mu.Unlock()
			}
		})
	}
	powerLosses(t, template, work, every, func(i image) { images <- i })
	close(images)
	parts.Wait()
	return states, lost
}

func TestPowerLossTakesNoStoredKeyBack(t *testing.T) {
	t.Parallel()
	if runsWithoutRaceDetector(t) {
		return
	}
	states, lost := lose(t, "import many", 17)
	if states < 500 || lost > 0 {
		t.Errorf("in %d states %d keys are gone that were reported as stored", states, lost)
	}
	t.Logf("%d states", states)
}

// The simulator would be worthless if it did not see what a weaker setting loses.
func TestPowerLossTakesKeysBackWithoutFullSynchronisation(t *testing.T) {
	t.Parallel()
	if runsWithoutRaceDetector(t) {
		return
	}
	states, lost := lose(t, "import weakly", 400)
	if lost == 0 {
		t.Error("nothing was lost")
	}
	t.Logf("%d states, %d keys lost", states, lost)
}
