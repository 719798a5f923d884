package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"noadesk/internal/noa"
	"noadesk/internal/store"
	"noadesk/internal/views"
)

const (
	formPatience = 2 * time.Second // that the form waits for what stands beside it
	mostSeal     = 64
)

// newTicket is the form for a ticket; a bicycle in the address is carried over.
func newTicket(v *visit) (views.Page, error) {
	if err := v.single("bicycle", "category"); err != nil {
		return nil, err
	}
	p := views.NewTicket{Org: v.org, Bicycle: v.query("bicycle"), Category: v.query("category"), Seal: rand.Text()}
	if p.Category == "" && p.Bicycle != "" {
		p.Category = string(noa.Damaged)
	}
	if !isCategory(noa.Category(p.Category)) {
		return nil, badAddress{"There is no category of that name."}
	}
	v.beside(&p)
	return p, nil
}

// beside fills in what stands beside the form: the bicycle and what names it already.
func (v *visit) beside(p *views.NewTicket) {
	b, sentence := v.bicycleMeant(*p)
	if b == nil {
		p.Found.Problem = sentence
		return
	}
	p.Found.Value = b
	if isNumber(b.Name) && isUUID(p.Bicycle) {
		p.Bicycle, p.Of = b.Name, b.UUID
	}
	open := panel(v, noa.TicketRead, func(ctx context.Context) ([]noa.Ticket, noa.AsOf, error) {
		return items(v.fleet.Tickets(ctx, noa.TicketQuery{Bicycle: b.UUID, PageSize: 5}))
	})
	v.until = time.Now().Add(formPatience)
	if p.Open = open(); p.Open.Late {
		p.Open.Problem = "Noa has not said yet which tickets name it."
	}
}

// bicycleMeant is the bicycle of the form: the one that was carried over as
// long as its number stands there, else the one of what was typed.
func (v *visit) bicycleMeant(form views.NewTicket) (*noa.Bicycle, string) {
	if form.Of != "" && v.scopes.Has(noa.BicycleRead) && isUUID(form.Of) {
		b, err := v.fleet.Bicycle(v.Context(), strings.ToLower(form.Of))
		if err == nil && strings.EqualFold(strings.TrimSpace(b.Name), strings.TrimSpace(form.Bicycle)) {
			return &b, ""
		}
	}
	return v.bicycleCalled(form.Bicycle)
}

// bicycleCalled is the bicycle of a number or uuid, or the sentence that says why there is none. Nothing typed is neither.
func (v *visit) bicycleCalled(text string) (*noa.Bicycle, string) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, ""
	case !v.scopes.Has(noa.BicycleRead) && isUUID(text):
		return &noa.Bicycle{UUID: strings.ToLower(text)}, ""
	case !v.scopes.Has(noa.BicycleRead):
		return nil, "The organisation’s key may not look bicycles up. Give Noa’s uuid of the bicycle."
	case isUUID(text):
		b, err := v.fleet.Bicycle(v.Context(), text)
		return v.found([]noa.Bicycle{b}, err)
	case !isNumber(text):
		return nil, "That can be neither a number nor a uuid."
	}
	return v.found(numbered(v.Context(), v.fleet, text))
}

func (v *visit) found(list []noa.Bicycle, err error) (*noa.Bicycle, string) {
	switch {
	case errors.Is(err, noa.ErrNotFound), err == nil && len(list) == 0:
		return nil, "No bicycle has this number. Search for it, or file the ticket without a bicycle."
	case err != nil:
		p := v.failed(err)
		return nil, p.Headline + ". " + p.Advice
	case len(list) > 1:
		return nil, "Several bicycles have this number. Open the right one and file the ticket from its page."
	}
	return &list[0], ""
}

// fileTicket files the ticket at Noa, once for each form however often it is sent.
func (s *Server) fileTicket(v *visit) (string, error) {
	roomier(v.Request)
	if err := v.form(); err != nil {
		return "", err
	}
	form := ticketForm(v)
	sealed := form.Seal != "" && len(form.Seal) <= mostSeal
	return s.filed.once(v.person.ID+v.org.UUID+typed(v.PostForm), sealed, func() (string, error) { return s.file(v, form) })
}

// typed stands for a form with all that was typed into it: what was changed since is another ticket.
func typed(form url.Values) string {
	sum := sha256.Sum256([]byte(form.Encode()))
	return hex.EncodeToString(sum[:])
}

func ticketForm(v *visit) views.NewTicket {
	f := v.PostForm
	return views.NewTicket{
		Org: v.org, Bicycle: f.Get("bicycle"), Of: f.Get("of"), Category: f.Get("category"), Message: strings.ReplaceAll(f.Get("message"), "\r\n", "\n"),
		Latitude: f.Get("latitude"), Longitude: f.Get("longitude"), Sure: f.Get("sure") != "", Seal: f.Get("once"), Problems: views.Problems{},
	}
}

func (s *Server) file(v *visit, form views.NewTicket) (string, error) {
	t := v.checked(&form)
	if len(form.Problems) > 0 {
		return "", v.refusedForm(form, 0)
	}
	sent := time.Now()
	filed, err := v.fleet.FileTicket(v.Context(), t)
	if err != nil {
		filed, err = s.settle(v, t, sent, err)
	} else {
		v.flash("The ticket is filed at Noa.")
	}
	if err != nil {
		problem := told(v.failed(err), err)
		form.Problems[""] = problem.Headline + ". " + problem.Advice + " Your text is kept here."
		refusedByNoa(form.Problems, err)
		return "", v.refusedForm(form, problem.Status)
	}
	s.record(v, "ticket.file", filed.UUID, map[string]string{"category": string(filed.Category), "bicycle": filed.Bicycle.UUID()})
	return v.org.Ticket(filed.UUID), nil
}

// record puts on record what was done at Noa. It is done by then: that it could not be recorded is for the log.
func (s *Server) record(v *visit, action, object string, detail map[string]string) {
	e := v.event()
	e.Action, e.Object, e.Detail = action, object, detail
	if err := s.db.Change(v.Context(), e, func(*store.Tx) error { return nil }); err != nil {
		v.note(http.StatusInternalServerError, err)
	}
}

func (v *visit) refusedForm(form views.NewTicket, status int) error {
	form.Seal = rand.Text()
	v.beside(&form)
	if form.Problems["bicycle"] != "" {
		form.Found.Problem = ""
	}
	return invalid{Page: form, status: status}
}

// checked is the ticket that the form describes; what is wrong with it is noted in the form.
func (v *visit) checked(form *views.NewTicket) noa.NewTicket {
	t := noa.NewTicket{Category: noa.Category(form.Category), Message: strings.TrimSpace(form.Message)}
	if !isCategory(t.Category) {
		form.Problems["category"] = "There is no category of that name."
	}
	b, sentence := v.bicycleMeant(*form)
	switch {
	case sentence != "":
		form.Problems["bicycle"] = sentence
	case b != nil:
		t.Bicycle, t.Organization = b.UUID, b.Organization.UUID()
	case t.Category.NeedsBicycle():
		form.Problems["bicycle"] = "A damaged bicycle has to be named."
	}
	if t.Location = place(form, t.Category, b); t.Location != nil && len(form.Problems) == 0 {
		v.doubt(form, *t.Location, b)
	}
	if most := utf8.RuneCountInString(t.Message); most > views.MostMessage {
		form.Problems["message"] = "The text has " + strconv.Itoa(most) + " characters; 5 000 fit."
	}
	if t.Message == "" && t.Category == "" {
		form.Problems["message"] = "A ticket without a category needs a text."
	}
	if !utf8.ValidString(t.Message) || strings.ContainsFunc(t.Message, unsendable) {
		form.Problems["message"] = "The text holds characters that cannot be sent."
	}
	return t
}

// unsendable are control characters that no text has, but for the ends of lines and tabs.
func unsendable(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// refusedByNoa ties what Noa said of a field to the form's own field.
func refusedByNoa(problems views.Problems, err error) {
	var refused *noa.Error
	if !errors.As(err, &refused) {
		return
	}
	for _, p := range refused.Problems {
		reason := " (" + cmp.Or(p.Code, "without a reason") + ")."
		switch field, _, _ := strings.Cut(p.Path, "."); field {
		case "category", "message", "bicycle":
			problems[field] = "Noa does not take this" + reason
		case "location":
			problems["latitude"] = "Noa does not take this place" + reason
		}
	}
}
