package handlers

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// keyList lists the organisation's keys.
func (s *Server) keyList(v *visit) (views.Page, error) { return s.keysPage(v) }

func (s *Server) keysPage(v *visit) (views.Keys, error) {
	p := views.Keys{Org: v.org}
	list, err := s.keys.List(v.Context(), v.org.UUID)
	if err != nil {
		return p, err
	}
	for _, k := range list {
		p.List = append(p.List, shownKey(k))
	}
	if p.Due, err = s.due(v); err != nil {
		return p, err
	}
	policy, err := s.keys.Policy(v.Context(), v.org.UUID)
	if err != nil {
		return p, err
	}
	p.Days, p.Hours = int(policy.MaxAge.Hours()/24), int(policy.Drain.Hours())
	use, err := s.keys.ScopeUse(v.Context(), v.org.UUID)
	p.Matrix = views.ScopeMatrix(p.List, use)
	p.Matrix.Org = v.org
	return p, err
}

// due are the fingerprints of the keys that are to be replaced.
func (s *Server) due(v *visit) (fingerprints []string, err error) {
	keys, err := s.keys.Due(v.Context(), v.org.UUID, 0)
	for _, key := range keys {
		fingerprints = append(fingerprints, key.Fingerprint)
	}
	return fingerprints, err
}

// shownKey copies by hand what a page may know of a key.
func shownKey(k keystore.Key) views.Key {
	return views.Key{
		Fingerprint: k.Fingerprint, Client: k.Client, Label: k.Label, Purpose: k.Purpose, Curve: k.Curve, Algorithm: k.Algorithm,
		State: string(k.State), Origin: k.Origin, PublicPEM: k.PublicPEM,
		Created: k.Created, LastUsed: k.LastUsed, ProvedAt: k.ProvedAt, ProvedScopes: k.ProvedScopes, ProvedSkew: k.ProvedSkew,
		AskedScopes: k.AskedScopes, AskedAt: k.AskedAt, Exposed: k.Exposed,
	}
}

// newKey is the page that brings a key into the keystore.
func (s *Server) newKey(v *visit) (views.Page, error) {
	return views.NewKey{Org: v.org, First: v.fleet == nil, Rotation: v.query("rotation") != "", Curve: "P-384"}, nil
}

// importKey stores a key that Noa handed out.
func (s *Server) importKey(v *visit) (string, error) {
	sent, err := readKeyForm(v.Request)
	form := views.NewKey{Org: v.org, First: v.fleet == nil, Rotation: sent.rotation, Curve: "P-384", Client: sent.client}
	if errors.As(err, new(*http.MaxBytesError)) {
		form.Problems = views.Problems{"key": "No private key is that large. A form may hold 64 KiB. Nothing was stored."}
		swallow(v.Request)
		return "", invalid{Page: form, status: http.StatusRequestEntityTooLarge}
	}
	if err != nil {
		return "", keyProblem(form, err)
	}
	key, already, err := s.keys.Import(v.Context(), v.event(), v.org.UUID, sent.client, sent.pem, sent.passphrase)
	if err != nil {
		return "", keyProblem(form, err)
	}
	if already {
		v.flash("The keystore has this key already, for the client application " + key.Client + ".")
	} else {
		v.flash("The key is stored. Prove it now.")
	}
	return v.nextOfKey(sent.rotation, key.Fingerprint), nil
}

// keyProblem brings a form back with the sentence that says why the key was not taken.
func keyProblem(form views.NewKey, err error) error {
	var refused keystore.Refusal
	if !errors.As(err, &refused) {
		return err
	}
	field := "key"
	if form.Making || strings.Contains(strings.ToLower(refused.Sentence), "client application") {
		field = "client"
	}
	if form.Making {
		field = "new-client"
	}
	form.Problems = views.Problems{field: refused.Sentence}
	return invalid{Page: form}
}

// A keyForm is what was sent to be stored. It never leaves memory.
type keyForm struct {
	client     string
	pem        []byte
	passphrase []byte
	rotation   bool // the key is to take over from the active one
}

// readKeyForm reads the form part by part: the library's own reader would write large parts into temporary files.
func readKeyForm(r *http.Request) (f keyForm, err error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		if err = r.ParseForm(); err != nil {
			return f, formError(err)
		}
		return keyForm{
			client: r.PostForm.Get("client"), pem: []byte(r.PostForm.Get("key")),
			passphrase: []byte(r.PostForm.Get("passphrase")), rotation: r.PostForm.Get("rotation") != "",
		}, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return f, formError(err)
	}
	var pasted, file []byte
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return f, formError(err)
		}
		if err := f.take(part, &pasted, &file); err != nil {
			return f, formError(err)
		}
	}
	pasted, file = bytes.TrimSpace(pasted), bytes.TrimSpace(file)
	if len(pasted) > 0 && len(file) > 0 && !bytes.Equal(pasted, file) {
		return f, keystore.Refusal{Sentence: "There is a key in the text and another one in the file; give it once."}
	}
	f.pem = pasted
	if len(pasted) == 0 {
		f.pem = file
	}
	return f, nil
}

func (f *keyForm) take(part *multipart.Part, pasted, file *[]byte) error {
	value, err := io.ReadAll(part)
	switch part.FormName() {
	case "client":
		f.client = string(value)
	case "key":
		*pasted = value
	case "file":
		*file = value
	case "passphrase":
		f.passphrase = value
	case "rotation":
		f.rotation = len(value) > 0
	}
	return err
}

// generateKey makes a pair in the keystore.
func (s *Server) generateKey(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	form := views.NewKey{
		Org: v.org, First: v.fleet == nil, Rotation: v.PostForm.Get("rotation") != "",
		Making: true, Client: v.PostForm.Get("client"), Curve: v.PostForm.Get("curve"),
	}
	key, err := s.keys.Generate(v.Context(), v.event(), v.org.UUID, form.Client, form.Curve)
	if err != nil {
		return "", keyProblem(form, err)
	}
	v.flash("The pair is made. Take its public half to Noa, then prove it.")
	return v.nextOfKey(form.Rotation, key.Fingerprint), nil
}

// key is one key and what can be done with it.
func (s *Server) key(v *visit) (views.Page, error) {
	return s.keyPage(v)
}

func (s *Server) keyPage(v *visit) (views.KeyPage, error) {
	k, err := s.keys.Key(v.Context(), v.org.UUID, v.param("fingerprint"))
	if err != nil {
		return views.KeyPage{}, err
	}
	waits := k.State == keystore.Ready || k.State == keystore.Retiring
	first := v.fleet == nil || k.State == keystore.Active && k.ProvedAt.IsZero()
	p := views.KeyPage{Org: v.org, Key: shownKey(k), First: first, CanSwitch: waits && !k.ProvedAt.IsZero()}
	p.Uses, err = s.uses(v, k.Fingerprint)
	if err == nil && k.State == keystore.Retiring {
		p.Drained, err = s.keys.Drained(v.Context(), k)
	}
	return p, err
}

// uses are a key's signatures in each hour of the last day.
func (s *Server) uses(v *visit, fingerprint string) (uses views.Uses, err error) {
	hours, err := s.keys.LastHours(v.Context(), fingerprint, 24)
	for _, h := range hours {
		uses = append(uses, views.Hour{From: h.Hour, Uses: h.Uses})
	}
	return uses, err
}

// renameKey corrects the client application's name of a key that was never proved.
func (s *Server) renameKey(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p, err := s.keyPage(v)
	if err != nil {
		return "", err
	}
	client := v.PostForm.Get("client")
	err = s.keys.Rename(v.Context(), v.event(), p.Key.Fingerprint, client)
	var refused keystore.Refusal
	if errors.As(err, &refused) && p.Key.ProvedAt.IsZero() {
		p.Key.Client, p.Problems = client, views.Problems{"client": refused.Sentence}
		return "", invalid{Page: p}
	}
	if err != nil {
		return "", refusedStep(p, err)
	}
	v.flash("The key now signs for the client application " + strings.TrimSpace(client) + ".")
	return v.org.Key(p.Key.Fingerprint), nil
}

// proveKey has Noa exchange a real assertion of the key for a token.
func (s *Server) proveKey(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p, err := s.keyPage(v)
	if err != nil {
		return "", err
	}
	proof, err := s.api.Fleet(v.credential(p.Key)).Prove(v.Context())
	if err != nil {
		return "", s.orRotation(v, v.unproved(p, err))
	}
	if proof.Exchanged.Before(p.Key.ProvedAt) {
		v.flash("This key was proved a moment ago, and the token of then still serves. After a minute the desk asks Noa anew.")
		return v.afterStep(p.Key.Fingerprint), nil
	}
	e := s.keys.WithActive(v.Context(), v.event(), p.Key.Fingerprint)
	if _, err := s.keys.Proved(v.Context(), e, p.Key.Fingerprint, names(proof.Scopes), proof.Skew); err != nil {
		return "", s.orRotation(v, refusedStep(p, err))
	}
	if err := s.rows.LearnZone(v.Context(), v.event(), v.org.UUID, proof.Timezone); err != nil {
		return "", err
	}
	v.flash(provedWords(proof))
	return v.afterStep(p.Key.Fingerprint), nil
}

// unproved shows on the key's page why Noa did not take it.
func (v *visit) unproved(p views.KeyPage, err error) error {
	if errors.Is(err, keystore.ErrRetired) || errors.Is(err, keystore.ErrDamaged) {
		return refusedStep(p, err)
	}
	var token *noa.TokenError
	if errors.As(err, &token) {
		now := *token
		now.Retry = time.Time{} // which is for pages: a proof is tried again at once
		err = &now
	}
	problem := v.failed(err)
	p.Refused, p.Advice = problem.Headline, problem.Advice
	if errors.Is(err, noa.ErrRefused) {
		problem.Status = http.StatusUnprocessableEntity // it is the key that is refused, not the way to Noa that fails
	}
	return invalid{Page: p, status: problem.Status}
}

func provedWords(p noa.Proof) string {
	if p.Organization == "" {
		return "Proved: Noa gave a token for the key."
	}
	return "Proved: Noa gave a token for the key, and it reads " + p.Organization + "."
}

// describeKey gives a key a label and says what it is for.
func (s *Server) describeKey(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p, err := s.keyPage(v)
	if err != nil {
		return "", err
	}
	if err := s.keys.Describe(v.Context(), v.event(), p.Key.Fingerprint, v.PostForm.Get("label"), v.PostForm.Get("purpose")); err != nil {
		return "", refusedStep(p, err)
	}
	v.flash("Saved.")
	return v.org.Key(p.Key.Fingerprint), nil
}

// destroyKey deletes a retired key for good, once its client application's name is typed.
func (s *Server) destroyKey(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p, err := s.keyPage(v)
	if err != nil {
		return "", err
	}
	if v.PostForm.Get("typed") != p.Key.Client {
		p.Refused, p.Advice = "The name that was typed is not the client application’s.", "Nothing was changed."
		return "", invalid{Page: p}
	}
	if err := s.keys.Destroy(v.Context(), v.event(), p.Key.Fingerprint); err != nil {
		return "", refusedStep(p, err)
	}
	v.flash("The key is destroyed. Backups from before hold it until they are gone.")
	return v.org.Keys(), nil
}

// switchKey makes a proved key the active one.
func (s *Server) switchKey(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p, err := s.keyPage(v)
	if err != nil {
		return "", err
	}
	if err := s.keys.SwitchOver(v.Context(), v.event(), p.Key.Fingerprint); err != nil {
		return "", s.orRotation(v, refusedStep(p, err))
	}
	v.flash("The desk now signs as " + p.Key.Client + ". The key before stays as a fallback.")
	return v.afterStep(p.Key.Fingerprint), nil
}

// retireKey takes a key out of use.
func (s *Server) retireKey(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p, err := s.keyPage(v)
	if err != nil {
		return "", err
	}
	retire := s.keys.RetireDrained
	if v.PostForm.Get("force") != "" || p.Key.State == string(keystore.Damaged) { // nothing can sign with a damaged one
		retire = s.keys.Retire
	}
	e := s.keys.WithActive(v.Context(), v.event(), p.Key.Fingerprint)
	if err := retire(v.Context(), e, p.Key.Fingerprint); err != nil {
		return "", s.orRotation(v, refusedStep(p, err))
	}
	s.api.Forget(v.credential(p.Key))
	v.flash("The key is retired. Delete its client application at Noa as well; tokens that it bought live until they end.")
	return v.org.Key(p.Key.Fingerprint), nil
}

// refusedStep shows on the key's page why a step of its life was not taken.
func refusedStep(p views.KeyPage, err error) error {
	var refused keystore.Refusal
	switch {
	case errors.As(err, &refused):
		p.Refused = refused.Sentence
	case errors.Is(err, keystore.ErrRetired):
		p.Refused = "This key is retired; it is not used again."
	case errors.Is(err, keystore.ErrDamaged):
		p.Refused = "The record of this key does not open, so that nothing can be signed with it."
	default:
		return err
	}
	p.Advice = "Nothing was changed."
	return invalid{Page: p, status: http.StatusConflict}
}
