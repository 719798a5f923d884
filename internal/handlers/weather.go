package handlers

import (
	"io"
	"net/http"

	"noadesk/internal/staff"
	"noadesk/internal/views"
)

// weather is how Noa has answered the organisation's calls. It asks Noa nothing.
func (s *Server) weather(v *visit) (views.Page, error) { return s.weatherOf(v), nil }

func (s *Server) weatherOf(v *visit) views.NoaWeather {
	return views.NoaWeather{
		Org: v.org, HasKey: v.fleet != nil, CanKeep: v.person.May(staff.Keys, v.org.UUID),
		Version: s.options.Version, Weather: s.api.Weather(v.org.UUID),
	}
}

// weatherReport is what one sends to whoever looks after Noa.
func (s *Server) weatherReport(w http.ResponseWriter, v *visit) error {
	download(w, v, "noa", "txt", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, s.weatherOf(v).Report())
	return broken(err)
}
