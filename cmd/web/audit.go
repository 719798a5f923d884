package main

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"strings"
	"time"

	"noadesk/internal/store"
)

// auditCommands read the record of what was done.
type auditCommands struct {
	Verify auditVerify `cmd:"" help:"Say whether the record is still what was written: nothing changed, removed or inserted."`
	Export auditExport `cmd:"" help:"Print the record, a line of JSON each, as it was written."`
}

type auditVerify struct {
	dataSettings
	output
	Head     []string `sep:"none" placeholder:"SIZE:ROOT" help:"A head of the record that was noted earlier; may be given several times."`
	HeadFile string   `placeholder:"FILE" help:"File with such heads, one a line, as this command prints them."`
}

// Help says what heads are noted for.
func (auditVerify) Help() string {
	return "The line head SIZE:ROOT that this command prints stands for all records so far. Whoever can " +
		"write the file and has the master key can put an older file in its place, or write the whole record " +
		"anew: that is sound in itself. Note the line where they cannot reach it, on another machine or on " +
		"paper, and give it with --head or --head-file later: the record then has to begin with what was noted."
}

// auditRow is what a verification found, as JSON.
type auditRow struct {
	Records int64      `json:"records"`
	Root    string     `json:"root"`
	Head    string     `json:"head"` // to be noted elsewhere
	HeadAt  *time.Time `json:"head_at"`
	Wrong   []string   `json:"wrong"`
}

func auditWords(v store.Verification) auditRow {
	return auditRow{Records: v.Records, Root: v.Root, Head: v.Head, HeadAt: moment(v.HeadAt), Wrong: append([]string{}, v.Wrong...)}
}

// Run verifies the record. It changes nothing.
func (c auditVerify) Run(ctx context.Context, w *world) error {
	noted, err := c.noted()
	if err != nil {
		return err
	}
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	found, err := r.db.VerifyAudit(ctx, r.keys.VerifyHead, noted...)
	if err != nil {
		return err
	}
	if err := c.print(w, auditWords(found), func() { w.auditFound(found) }); err != nil || len(found.Wrong) == 0 {
		return err
	}
	return badInput("The audit log is not what was written.")
}

func (w *world) auditFound(v store.Verification) {
	for _, sentence := range v.Wrong {
		w.say("%s", sentence)
	}
	if len(v.Wrong) > 0 {
		return
	}
	w.say("The audit log is sound: %d records, root %s.", v.Records, v.Root)
	if !v.HeadAt.IsZero() {
		w.say("Its last signed head is of %s.", day(v.HeadAt))
	}
	if v.Head != "" {
		w.say("%s%s", headMark, v.Head)
	}
}

// headMark begins the line with the head, so that it can be found by programs too.
const headMark = "head "

// noted reads the heads that were noted earlier.
func (c auditVerify) noted() (heads []store.Head, err error) {
	texts := c.Head
	if c.HeadFile != "" {
		text, err := os.ReadFile(c.HeadFile)
		if err != nil {
			return nil, badInput("The file %s cannot be read (%v).", c.HeadFile, cause(err))
		}
		lines := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
		if len(lines) == 0 {
			return nil, badInput("The file %s holds no head.", c.HeadFile)
		}
		texts = append(texts, lines...)
	}
	for _, text := range texts {
		head, err := store.ParseHead(strings.TrimSpace(strings.TrimPrefix(text, headMark)))
		if err != nil {
			return nil, badInput("A head that was noted looks like %s3:qrvM…=, a number of records and their root; %.80q does not.", headMark, text)
		}
		heads = append(heads, head)
	}
	return heads, nil
}

type auditExport struct {
	dataSettings
	Org string `placeholder:"SLUG" help:"Only what was done in this organisation."`
}

// Run prints the record, the oldest first.
func (c auditExport) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	var q store.RecordQuery
	if c.Org != "" {
		org, err := r.rows.Organisation(ctx, c.Org)
		if err != nil {
			return err
		}
		q.Organisation = org.UUID
	}
	out := bufio.NewWriter(w.out)
	err = r.db.EachRecord(ctx, q, func(_ store.Record, text string) error {
		_, err := out.WriteString(text + "\n")
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// checkKeys opens every record of the keystore now and once a day: a damaged one is quarantined and named.
func (r *rooms) checkKeys(ctx context.Context, log *slog.Logger) {
	for {
		damaged, err := r.keys.Check(ctx)
		if err != nil {
			log.Error("keys not checked", "err", err)
		}
		for _, d := range damaged {
			log.Error("key record is damaged", "fingerprint", d.Fingerprint, "organisation", d.Organisation)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(24 * time.Hour):
		}
	}
}

// signHeads keeps a signed head of the audit log now, and one a day from then on
// until it is told to stop: whoever changes the log later cannot sign them anew.
func (r *rooms) signHeads(ctx context.Context, log *slog.Logger) {
	for {
		head, err := r.db.SignHead(ctx, r.keys.SealHead)
		if err != nil {
			log.Error("no head of the audit log", "err", err)
		} else {
			log.Info("head of the audit log", "records", head.Size, "root", head.Root)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(24 * time.Hour):
		}
	}
}
