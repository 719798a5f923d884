package main

import (
	"bufio"
	"context"
	"log/slog"
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
}

// auditRow is what a verification found, as JSON.
type auditRow struct {
	Records int64      `json:"records"`
	Root    string     `json:"root"`
	HeadAt  *time.Time `json:"head_at"`
	Wrong   []string   `json:"wrong"`
}

func auditWords(v store.Verification) auditRow {
	return auditRow{Records: v.Records, Root: v.Root, HeadAt: moment(v.HeadAt), Wrong: append([]string{}, v.Wrong...)}
}

// Run verifies the record. It changes nothing.
func (c auditVerify) Run(ctx context.Context, w *world) error {
	r, err := c.open(ctx, w)
	if err != nil {
		return err
	}
	defer r.close()
	found, err := r.db.VerifyAudit(ctx, r.keys.VerifyHead)
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

// checkKeys opens every record of the keystore once a day: a damaged one is quarantined and named.
func (r *rooms) checkKeys(ctx context.Context, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(24 * time.Hour):
		}
		damaged, err := r.keys.Check(ctx)
		if err != nil {
			log.Error("keys not checked", "err", err)
		}
		for _, d := range damaged {
			log.Error("key record is damaged", "fingerprint", d.Fingerprint, "organisation", d.Organisation)
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
