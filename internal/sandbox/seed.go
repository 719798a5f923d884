package sandbox

import (
	"cmp"
	"slices"
	"time"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// A seeder makes a fleet. All times count back from now.
type seeder struct {
	chance
	now    time.Time
	fleet  *fleet
	city   *city
	models []*model
	staff  []string
	riders []string
	byEnd  map[int][]int // routes by the spot where they end
	next   int           // route that is taken next
}

// seedFleet makes the practice fleet and a small foreign one, which no
// client application of the practice fleet may see.
func seedFleet(o Options, ground *city) *fleet {
	s := &seeder{
		chance: newChance(o.Seed, 0x6e6f61), now: o.Now().UTC().Truncate(time.Microsecond),
		fleet: &fleet{city: ground}, city: ground, byEnd: map[int][]int{},
	}
	for i, r := range ground.Routes {
		if r.To != nil {
			s.byEnd[*r.To] = append(s.byEnd[*r.To], i)
		}
	}
	s.addPeople()
	own, foreign := s.addOrganizations()
	s.addModels()
	s.addFleetOf(own, o.Bicycles, o.Trips)
	s.addTickets(own)
	s.addFleetOf(foreign, 3, 2)
	s.fleet.models = s.models
	s.addZones(own, foreign)
	s.addSpares(own, foreign)
	s.sort()
	return s.fleet
}

// addFleetOf makes the bicycles of organizations, of which the first owns
// most, and what happened to them.
func (s *seeder) addFleetOf(owners []*organization, bicycles, trips int) {
	fresh := s.makeBicycles(owners, bicycles)
	s.addTrips(fresh, owners[0], trips)
	for _, p := range fresh {
		s.report(p)
		s.logStates(p)
		s.fleet.bicycles = append(s.fleet.bicycles, p.bicycle)
	}
}

// sort puts everything into its default order.
func (s *seeder) sort() {
	newestFirst(s.fleet.bicycles)
	newestFirst(s.fleet.trips)
	newestFirst(s.fleet.tickets)
	newestFirst(s.fleet.zones)
}

func newestFirst[T recorded](rows []T) {
	slices.SortFunc(rows, func(a, b T) int {
		return cmp.Or(b.base().created.Compare(a.base().created), cmp.Compare(a.base().uuid, b.base().uuid))
	})
}

func (s *seeder) ago(d time.Duration) time.Time { return s.now.Add(-d) }

// record is one that was last modified at a later time than it was created.
func (s *seeder) record(created, modified time.Time) record {
	return record{s.uuid(), created, modified, modified.UnixMicro() + s.Int64N(900)}
}

func (s *seeder) addPeople() {
	for range 6 {
		s.staff = append(s.staff, s.uuid())
	}
	for range 60 {
		s.riders = append(s.riders, s.uuid())
	}
	s.fleet.users = slices.Concat(s.staff, s.riders)
}

// addOrganizations makes the practice organization with one descendant, and
// a foreign one.
func (s *seeder) addOrganizations() (own, foreign []*organization) {
	main := s.organization("Kulan Velo Astana", 1100*day)
	main.icon = "https://media.example.net/icons/kulan.png"
	main.phones = map[string]any{"Service": "+7 000 555 0100", "Workshop": 70005550101}
	main.features = []string{"analytics", "support_tickets"}
	main.preference = s.preference(main, "Astana defaults")
	part := s.organization("Kulan Velo Yesil", 500*day)
	part.parent = main
	other := s.organization("Altai Cargo", 700*day)
	s.fleet.tree = []*organization{main, part, other}
	return s.fleet.tree[:2], s.fleet.tree[2:]
}

func (s *seeder) organization(name string, age time.Duration) *organization {
	created := s.ago(age + s.wait(20*day))
	return &organization{record: s.record(created, created.Add(s.span(day, age/2))), name: name}
}

func (s *seeder) preference(owner *organization, name string) *preference {
	created := owner.created.Add(s.span(5*time.Minute, hour))
	return &preference{s.record(created, owner.modified.Add(2*time.Minute)), name, owner}
}

func (s *seeder) addModels() {
	for _, name := range []string{"Citybike 7", "Citybike 3 Low", "E-City 28", "Lastenrad L2"} {
		picture := "https://media.example.net/photos/" + s.code("0123456789abcdef", 8) + ".jpg"
		s.models = append(s.models, &model{s.uuid(), name, picture})
	}
}
