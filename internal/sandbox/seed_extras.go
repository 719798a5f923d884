package sandbox

import "time"

// addZones marks where bicycles may be returned: round every fourth spot,
// round the workshop, and all of the city for riding.
func (s *seeder) addZones(own, foreign []*organization) {
	spots := s.city.Spots
	for i := 0; i < len(spots); i += 4 {
		z := s.zone(own[0], spots[i].Name, "dropzone", around(spots[i].Position, 600))
		low, high := int64(2), int64(12)
		if i%8 == 0 {
			z.low, z.high, z.mechanic = &low, &high, s.staff[i%len(s.staff)]
		}
	}
	s.zone(own[0], "Workshop", "maintenance", around(spots[workshop].Position, 150))
	s.zone(own[0], "Astana", "cycling_area", around(spots[0].Position, 16_000))
	s.zone(own[1], "Yesil test ground", "custom", around(spots[7].Position, 300))
	s.zone(foreign[0], "Altai yard", "dropzone", around(spots[1].Position, 900))
}

func (s *seeder) zone(owner *organization, name, kind string, polygon area) *zone {
	created := owner.created.Add(s.span(day, 100*day))
	z := &zone{
		record: s.record(created, created.Add(s.span(0, 100*day))), state: "new",
		organization: owner, name: name, kind: kind, polygon: polygon,
	}
	s.fleet.zones = append(s.fleet.zones, z)
	return z
}

// addSpares lays a few devices on the shelf, one of them a stranger's.
func (s *seeder) addSpares(own, foreign []*organization) {
	for i, owner := range []*organization{own[0], own[0], own[1], foreign[0]} {
		kind := []string{"lock", "tracker"}[i%2]
		s.fleet.spares = append(s.fleet.spares,
			&device{s.uuid(), kind, "NOA" + s.code(hexDigits, 9), time.Time{}, owner.uuid},
			&device{s.uuid(), "lock", "AXA:" + s.code(hexDigits, 20), time.Time{}, owner.uuid})
	}
}
