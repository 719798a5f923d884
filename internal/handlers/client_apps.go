package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"noadesk/internal/keystore"
	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// clientApps shows what Noa has of the organisation's client applications, once an operator is signed in there.
func (s *Server) clientApps(v *visit) (views.Page, error) { return s.clientAppsPage(v) }

func (s *Server) clientAppsPage(v *visit) (p views.ClientApps, err error) {
	p = views.ClientApps{Org: v.org}
	for _, scope := range views.AskedScopes {
		p.New.Scopes = append(p.New.Scopes, scope.Value)
	}
	operator := s.operators.of(v)
	if operator == nil {
		return p, nil
	}
	list, err := operator.ClientApps(v.Context(), v.org.UUID)
	if errors.Is(err, noa.ErrSignedOut) {
		s.operators.drop(v)
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.SignedIn, p.Unread = true, list.Unread
	p.List, err = s.withKeys(v, list.Items)
	return p, err
}

// withKeys puts the desk's own keys beside the client applications that they sign for.
func (s *Server) withKeys(v *visit, apps []noa.ClientApp) ([]views.ClientApp, error) {
	keys, err := s.keys.List(v.Context(), v.org.UUID)
	rows := make([]views.ClientApp, len(apps))
	for i, app := range apps {
		rows[i].ClientApp = app
		for _, key := range keys {
			if key.Client == app.Name {
				rows[i].Keys = append(rows[i].Keys, shownKey(key))
			}
		}
	}
	return rows, err
}

// enterNoa signs a person in at Noa. E-mail and password are passed on once and kept nowhere.
func (s *Server) enterNoa(v *visit) (string, error) {
	if err := v.form(); err != nil {
		return "", err
	}
	p := views.ClientApps{Org: v.org, Email: v.PostForm.Get("email")}
	operator, err := s.api.SignIn(v.Context(), p.Email, v.PostForm.Get("password"))
	switch {
	case errors.Is(err, noa.ErrSignIn):
		p.Problems = views.Problems{"password": "Noa does not know this e-mail with this password, or the account is inactive: it does not tell these apart."}
	case errors.Is(err, noa.ErrLocked):
		p.Problems = views.Problems{"": "Noa has locked this account after too many wrong passwords. Wait five minutes; until then the right one is refused, too."}
	case err != nil:
		return "", err
	default:
		s.operators.keep(v, operator)
		s.learnAsked(v, operator)
		return v.org.ClientApps(), nil
	}
	return "", invalid{Page: p}
}

// learnAsked notes which scopes the client applications of the desk's keys ask for. A page does without.
func (s *Server) learnAsked(v *visit, operator *noa.Operator) {
	list, err := operator.ClientApps(v.Context(), v.org.UUID)
	if err != nil {
		v.failed(err)
	}
	for _, app := range list.Items {
		s.noteAsked(v, app)
	}
}

// noteAsked notes what one client application asks for with each of its keys.
func (s *Server) noteAsked(v *visit, app noa.ClientApp) {
	keys, err := s.keys.List(v.Context(), v.org.UUID)
	for _, key := range keys {
		if key.Client == app.Name {
			err = errors.Join(err, s.keys.Asked(v.Context(), key.Fingerprint, names(app.Scopes)))
		}
	}
	if err != nil {
		v.failed(err)
	}
}

// leaveNoa ends the errand.
func (s *Server) leaveNoa(v *visit) (string, error) {
	s.operators.drop(v)
	v.flash("Signed out at Noa.")
	return v.org.ClientApps(), nil
}

// register has Noa make a client application, whose key goes from Noa's answer straight into the keystore.
func (s *Server) register(v *visit) (string, error) {
	operator, err := s.errand(v)
	if err != nil {
		return "", err
	}
	key, err := s.newClientApp(v, operator, noa.NewClientApp{
		Organization: v.org.UUID, Name: v.PostForm.Get("name"), Label: v.PostForm.Get("label"), Scopes: scopesOf(v.PostForm["scopes"]),
	})
	if err != nil {
		return "", err
	}
	v.flash("Noa has registered " + key.Client + ", and its key is in the keystore. Prove it now.")
	return v.org.Key(key.Fingerprint), nil
}

// newClientApp registers a client application and stores its key.
func (s *Server) newClientApp(v *visit, operator *noa.Operator, asked noa.NewClientApp) (key keystore.Key, err error) {
	ctx := context.WithoutCancel(v.Context()) // a key that Noa has told is stored, whether its reader waits or not
	app, private, err := operator.Register(ctx, asked)
	if err != nil && app.UUID != "" { // registered, but its key did not arrive
		return key, s.orphaned(ctx, v, operator, app, err)
	}
	if err != nil {
		return key, s.notRegistered(v, asked, err)
	}
	err = private.Give(func(pem []byte) error {
		key, _, err = s.keys.Import(ctx, v.event(), v.org.UUID, app.Name, pem, nil)
		return err
	})
	if err != nil {
		return key, s.orphaned(ctx, v, operator, app, err)
	}
	s.record(v, "client-app.register", app.UUID, map[string]string{"name": app.Name, "scopes": fmt.Sprint(app.Scopes)})
	s.noteAsked(v, app)
	return key, nil
}

// rotate replaces the active key in one step: a client application with the
// same label and scopes under a new name, its key proved before it is switched to. The one before stays as a fallback.
func (s *Server) rotate(v *visit) (string, error) {
	operator, err := s.errand(v)
	if err != nil {
		return "", err
	}
	active, err := s.keys.Active(v.Context(), v.org.UUID)
	if err != nil {
		return "", err
	}
	if err := s.retireFallback(v); err != nil {
		return "", err
	}
	before, there, err := operator.Find(v.Context(), v.org.UUID, active.Client)
	if err != nil {
		return "", s.notChanged(v, err)
	}
	if !there {
		return "", s.clientAppsAgain(v, noa.NewClientApp{}, views.Problems{"": "Noa has no client application of the active key’s name. Register one below and switch to it."}, 0)
	}
	key, err := s.newClientApp(v, operator, noa.NewClientApp{
		Organization: v.org.UUID, Name: successor(active.Client, views.Now()), Label: before.Label, Scopes: before.Scopes,
	})
	if err != nil {
		return "", err
	}
	return s.proveAndSwitch(v, key)
}

// successor is a name for the client application that takes over: the same with the moment behind it, as Noa gives no name out twice.
func successor(name string, at time.Time) string {
	base := endOfName.ReplaceAllString(name, "")
	end := at.UTC().Format(endFormat)
	if strings.HasSuffix(name, end) { // within one second
		end = at.UTC().Add(time.Second).Format(endFormat)
	}
	if most := maxClientName - len(end); utf8.RuneCountInString(base) > most {
		base = string([]rune(base)[:most])
	}
	return base + end
}

// maxClientName is how long a client application's name may be at Noa, in characters.
const maxClientName = 128

const endFormat = "-20060102-150405"

var endOfName = regexp.MustCompile(`-[0-9]{8}-[0-9]{6}$`)

func (s *Server) proveAndSwitch(v *visit, key keystore.Key) (string, error) {
	proof, err := s.api.Fleet(credential(key)).Prove(v.Context())
	if err == nil {
		e := s.keys.WithActive(v.Context(), v.event(), key.Fingerprint)
		key, err = s.keys.Proved(v.Context(), e, key.Fingerprint, names(proof.Scopes), proof.Skew)
	}
	if err == nil {
		err = s.keys.SwitchOver(v.Context(), v.event(), key.Fingerprint)
	}
	if err != nil {
		v.failed(err)
		v.flash("The new key of " + key.Client + " is stored, but it could not be proved. The one before goes on; prove the new one and switch to it here.")
		return v.org.Key(key.Fingerprint), nil
	}
	v.flash("The desk now signs as " + key.Client + ". The key before stays as a fallback until it is retired.")
	return v.nextOfKey(v.PostForm.Get("rotation") != "", key.Fingerprint), nil
}

// orphaned deletes a client application whose key could not be stored: nobody has it, and nobody can have it any more.
func (s *Server) orphaned(ctx context.Context, v *visit, operator *noa.Operator, app noa.ClientApp, cause error) error {
	said := "Its key could not be stored, so that it was deleted again. Noa does not give the name out twice; take another one."
	if err := operator.Delete(ctx, app.UUID); err != nil {
		v.failed(err)
		said = "Its key could not be stored, and it could not be deleted. Delete it below: nobody has its key."
	}
	v.note(http.StatusInternalServerError, cause)
	return s.clientAppsAgain(v, noa.NewClientApp{Name: app.Name, Label: app.Label, Scopes: app.Scopes}, views.Problems{"name": said}, http.StatusInternalServerError)
}

// notRegistered brings the form back with what Noa said.
func (s *Server) notRegistered(v *visit, asked noa.NewClientApp, err error) error {
	problem := v.failed(err)
	problems := views.Problems{"": problem.Headline + ". " + problem.Advice}
	var refused *noa.Error
	switch {
	case errors.Is(err, noa.ErrSignedOut):
		s.operators.drop(v)
		return s.clientAppsAgain(v, asked, views.Problems{"": "Noa has signed you out. Sign in again; nothing was registered."}, 0)
	case errors.As(err, &refused) && refused.Has("unique"):
		problems = views.Problems{"name": "A client application of the organisation has this name already."}
	case errors.Is(err, noa.ErrUnknownOutcome):
		problems = views.Problems{"name": "Noa failed, as it does for a name that was deleted before. Look at the list below: if the name is there, nobody has its key, so delete it. Then take another name."}
	case errors.Is(err, noa.ErrInvalid) && refused != nil:
		for _, p := range refused.Problems {
			problems[fieldOf(p.Path)] = "Noa does not take this (" + p.Code + ")."
		}
	}
	return s.clientAppsAgain(v, asked, problems, 0)
}

// clientAppsAgain shows the page with the form as it was typed.
func (s *Server) clientAppsAgain(v *visit, asked noa.NewClientApp, problems views.Problems, status int) error {
	p, err := s.clientAppsPage(v)
	if err != nil {
		return err
	}
	p.New = views.NewClientApp{Name: asked.Name, Label: asked.Label}
	for _, scope := range asked.Scopes {
		p.New.Scopes = append(p.New.Scopes, string(scope))
	}
	p.Problems = problems
	return invalid{Page: p, status: status}
}

// changeClientApp gives a client application another label and other scopes.
func (s *Server) changeClientApp(v *visit) (string, error) {
	operator, err := s.errand(v)
	if err != nil {
		return "", err
	}
	app, err := operator.Change(v.Context(), v.PostForm.Get("uuid"), v.PostForm.Get("label"), scopesOf(v.PostForm["scopes"]))
	if err != nil {
		return "", s.notChanged(v, err)
	}
	s.forgetTokens(v, app.Name)
	s.noteAsked(v, app)
	s.record(v, "client-app.change", app.UUID, map[string]string{"name": app.Name, "scopes": fmt.Sprint(app.Scopes)})
	v.flash(app.Name + " is changed at Noa.")
	return v.org.ClientApps(), nil
}

// deleteClientApp deletes a client application whose name was typed.
func (s *Server) deleteClientApp(v *visit) (string, error) {
	operator, err := s.errand(v)
	if err != nil {
		return "", err
	}
	name := v.PostForm.Get("name")
	if v.PostForm.Get("typed") != name || name == "" {
		return "", s.clientAppsAgain(v, noa.NewClientApp{}, views.Problems{"": "The name that was typed is not the client application’s. Nothing was deleted."}, 0)
	}
	app, there, err := operator.Find(v.Context(), v.org.UUID, name)
	if err != nil {
		return "", s.notChanged(v, err)
	}
	if !there || app.UUID != v.PostForm.Get("uuid") {
		return "", errNotFound
	}
	if err := operator.Delete(v.Context(), app.UUID); err != nil {
		return "", s.notChanged(v, err)
	}
	s.forgetTokens(v, name)
	s.record(v, "client-app.delete", app.UUID, map[string]string{"name": name})
	v.flash(name + " is deleted at Noa.")
	return v.org.ClientApps(), nil
}

func (s *Server) notChanged(v *visit, err error) error {
	if errors.Is(err, noa.ErrSignedOut) {
		s.operators.drop(v)
	}
	problem := v.failed(err)
	return s.clientAppsAgain(v, noa.NewClientApp{}, views.Problems{"": problem.Headline + ". " + problem.Advice}, 0)
}

// errand is the operator who is signed in at Noa; without one the page asks for the sign-in.
func (s *Server) errand(v *visit) (*noa.Operator, error) {
	if err := v.form(); err != nil {
		return nil, err
	}
	if operator := s.operators.of(v); operator != nil {
		return operator, nil
	}
	return nil, invalid{Page: views.ClientApps{Org: v.org, Problems: views.Problems{"": "The sign-in at Noa is over. Nothing was done; sign in again."}}}
}

// forgetTokens drops the tokens of a client application: they hold scopes of before.
func (s *Server) forgetTokens(v *visit, client string) {
	keys, err := s.keys.List(v.Context(), v.org.UUID)
	if err != nil {
		v.failed(err)
	}
	for _, key := range keys {
		if key.Client == client {
			s.api.Forget(credential(key))
		}
	}
}

func names(scopes []noa.Scope) []string {
	list := make([]string, len(scopes))
	for i, scope := range scopes {
		list[i] = string(scope)
	}
	return list
}

func scopesOf(names []string) []noa.Scope {
	scopes := make([]noa.Scope, len(names))
	for i, name := range names {
		scopes[i] = noa.Scope(name)
	}
	return scopes
}
