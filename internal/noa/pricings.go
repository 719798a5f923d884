package noa

import (
	"context"
	"encoding/json"
)

// Pricings are the ways in which a rental of a bicycle can be paid. What is
// empty is not for sale.
type Pricings struct {
	AsOf
	Subscriptions []Pricing `json:"-"` // under way
	Schemes       []Pricing `json:"-"`
	Plans         []Pricing `json:"-"`
	Unread        int       `json:"-"` // ways that could not be read and were left out
}

// A Pricing is one way to pay. Noa says more about it than is known here.
type Pricing struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

// Pricings are the prices of one bicycle. It needs [BicycleRead].
func (f *Fleet) Pricings(ctx context.Context, uuid string) (Pricings, error) {
	return get[Pricings](ctx, f, BicycleRead, nil, "bicycles", uuid, "pricings")
}

// tidy reads the ways one by one: one that cannot be read does not cost the others.
func (p *Pricings) tidy(raw json.RawMessage) bool {
	var in struct {
		Subscriptions json.RawMessage `json:"active_subscriptions"`
		Schemes       json.RawMessage `json:"pricing_schemes"`
		Plans         json.RawMessage `json:"subscription_plans"`
	}
	_ = json.Unmarshal(raw, &in) // it was read before: it is an object
	var read bool
	p.Subscriptions, read = p.rows(in.Subscriptions, read)
	p.Schemes, read = p.rows(in.Schemes, read)
	p.Plans, read = p.rows(in.Plans, read)
	return read
}

// rows reads one list; read says whether there was any list until now.
func (p *Pricings) rows(raw json.RawMessage, read bool) ([]Pricing, bool) {
	rows, err := elements(raw)
	if err != nil {
		return nil, read
	}
	var ways []Pricing
	for _, raw := range rows {
		if way, ok := readRow[Pricing](raw); ok {
			ways = append(ways, way)
		} else {
			p.Unread++
		}
	}
	return ways, true
}

func (p *Pricing) tidy(json.RawMessage) bool { return identified(&p.UUID) }
