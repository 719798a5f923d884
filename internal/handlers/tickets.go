package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"noadesk/internal/noa"
	"noadesk/internal/views"
)

// tickets lists the support tickets as Noa has them.
func tickets(v *visit) (views.Page, error) {
	q, err := ticketQuery(v)
	if err != nil {
		return nil, err
	}
	list, err := v.fleet.Tickets(v.Context(), q)
	if err != nil {
		return nil, err
	}
	known := v.names(append(bicyclesOf(list.Items), noa.Link(q.Bicycle)))
	p := views.Tickets{Org: v.org, Of: q.Bicycle, Category: string(q.Category), List: list.Items, Known: known, CanFile: v.canFile()}
	p.Bicycle = among(known, q.Bicycle)
	p.Pager = pager(v, list, q.Page, v.org.Tickets(), "bicycle", "category")
	return p, nil
}

func ticketQuery(v *visit) (q noa.TicketQuery, err error) {
	if err = v.single("bicycle", "category", "page"); err != nil {
		return q, err
	}
	q = noa.TicketQuery{Bicycle: strings.ToLower(v.query("bicycle")), Category: noa.Category(v.query("category")), PageSize: rowsAPage}
	switch {
	case q.Bicycle != "" && !isUUID(q.Bicycle):
		return q, badAddress{"The bicycle in the address is no uuid. Open the list from the bicycle’s own page."}
	case !isCategory(q.Category):
		return q, badAddress{"There is no category of that name. The list’s own tabs have them all."}
	}
	q.Page, err = v.number()
	return q, err
}

func isCategory(c noa.Category) bool {
	for _, known := range noa.Categories {
		if c == known {
			return true
		}
	}
	return c == ""
}

func bicyclesOf(list []noa.Ticket) (links []noa.Link) {
	for _, t := range list {
		links = append(links, t.Bicycle)
	}
	return links
}

// ticket is one support ticket with its bicycle as it is now.
func ticket(v *visit) (views.Page, error) {
	id := v.param("id")
	if !isUUID(id) {
		return nil, errNotFound
	}
	t, err := v.fleet.Ticket(v.Context(), id)
	if err != nil {
		return nil, err
	}
	p := views.Ticket{Org: v.org, Ticket: t}
	if of := t.Bicycle.UUID(); of != "" {
		p.Bicycle = panel(v, noa.BicycleRead, func(ctx context.Context) (*noa.Bicycle, noa.AsOf, error) {
			b, err := v.fleet.Bicycle(ctx, of)
			return &b, b.AsOf, err
		})()
	}
	return p, nil
}

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
	b, sentence := v.bicycleCalled(p.Bicycle)
	if b == nil {
		p.Found.Problem = sentence
		return
	}
	p.Found.Value = b
	if strings.TrimSpace(b.Name) != "" && isUUID(p.Bicycle) {
		p.Bicycle = b.UUID
	}
	open := panel(v, noa.TicketRead, func(ctx context.Context) ([]noa.Ticket, noa.AsOf, error) {
		return items(v.fleet.Tickets(ctx, noa.TicketQuery{Bicycle: b.UUID, PageSize: 5}))
	})
	v.until = time.Now().Add(formPatience)
	if p.Open = open(); p.Open.Late {
		p.Open.Problem = "Noa has not said yet which tickets name it."
	}
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
	if err := v.ParseForm(); err != nil {
		return "", formError(err)
	}
	form := ticketForm(v)
	sealed := form.Seal != "" && len(form.Seal) <= mostSeal
	return s.filed.once(v.person.ID+v.org.UUID+form.Seal, sealed, func() (string, error) { return v.file(form) })
}

func ticketForm(v *visit) views.NewTicket {
	f := v.PostForm
	return views.NewTicket{
		Org: v.org, Bicycle: f.Get("bicycle"), Category: f.Get("category"), Message: strings.ReplaceAll(f.Get("message"), "\r\n", "\n"),
		Latitude: f.Get("latitude"), Longitude: f.Get("longitude"), Seal: f.Get("once"), Problems: views.Problems{},
	}
}

func (v *visit) file(form views.NewTicket) (string, error) {
	t := v.checked(&form)
	if len(form.Problems) > 0 {
		return "", v.refusedForm(form, 0)
	}
	filed, err := v.fleet.FileTicket(v.Context(), t)
	if err != nil {
		problem := v.failed(err)
		form.Problems[""] = problem.Headline + ". " + problem.Advice + " Your text is kept here."
		refusedByNoa(form.Problems, err)
		return "", v.refusedForm(form, problem.Status)
	}
	v.flash("The ticket is filed at Noa.")
	return v.org.Ticket(filed.UUID), nil
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
	b, sentence := v.bicycleCalled(form.Bicycle)
	switch {
	case sentence != "":
		form.Problems["bicycle"] = sentence
	case b != nil:
		t.Bicycle, t.Organization = b.UUID, b.Organization.UUID()
	case t.Category.NeedsBicycle():
		form.Problems["bicycle"] = "A damaged bicycle has to be named."
	}
	t.Location = place(form, t.Category, b)
	if most := utf8.RuneCountInString(t.Message); most > views.MostMessage {
		form.Problems["message"] = "The text has " + strconv.Itoa(most) + " characters; 5 000 fit."
	}
	if t.Message == "" && t.Category == "" {
		form.Problems["message"] = "A ticket without a category needs a text."
	}
	if !utf8.ValidString(t.Message) || strings.ContainsRune(t.Message, 0) {
		form.Problems["message"] = "The text holds characters that cannot be sent."
	}
	return t
}

// place is the location that the form gives, nil where it gives none.
func place(form *views.NewTicket, c noa.Category, b *noa.Bicycle) *noa.Point {
	if strings.TrimSpace(form.Latitude+form.Longitude) == "" {
		if c.NeedsLocation() {
			form.Problems["latitude"] = "This category needs a place." + lastFix(b)
		}
		return nil
	}
	lat, okLat := degrees(form.Latitude, 90)
	lon, okLon := degrees(form.Longitude, 180)
	if !okLat {
		form.Problems["latitude"] = "Give degrees north from −90 to 90, like 51.1280."
	}
	if !okLon {
		form.Problems["longitude"] = "Give degrees east from −180 to 180, like 71.4304."
	}
	return &noa.Point{Lon: lon, Lat: lat}
}

// lastFix helps along where the bicycle's last position is known.
func lastFix(b *noa.Bicycle) string {
	if b == nil {
		return ""
	}
	lat, lon, known := b.Position()
	if !known {
		return ""
	}
	return " The bicycle’s last fix was " + strconv.FormatFloat(lat, 'f', 5, 64) + ", " + strconv.FormatFloat(lon, 'f', 5, 64) + "."
}

// degrees reads a coordinate as people type it, with a point or a comma.
func degrees(text string, most float64) (float64, bool) {
	text = strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	value, err := strconv.ParseFloat(strings.Replace(text, "−", "-", 1), 64)
	return value, err == nil && value >= -most && value <= most
}

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
