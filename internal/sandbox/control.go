package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// control answers the sandbox's own calls, which Noa does not have.
func (s *Sandbox) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/{$}", s.overview)
	mux.HandleFunc("POST /_sandbox/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /_sandbox/client_apps", s.registerClient)
	return mux
}

// overview says where everything is. It holds no secret.
func (s *Sandbox) overview(w http.ResponseWriter, r *http.Request) {
	api := base(r)
	main := s.Organization()
	writeControl(w, http.StatusOK, map[string]any{
		"api":          api,
		"sts":          strings.TrimSuffix(api, apiPath) + "/jwt",
		"organization": map[string]string{"uuid": main.UUID, "name": main.Name},
		"client_apps":  s.clientNames(),
		"controls": map[string]string{
			"POST /_sandbox/reset":       "makes the fleet anew; client applications stay",
			"POST /_sandbox/client_apps": `registers {"name", "scopes", "public_key"}, the public half as PEM`,
		},
	})
}

func (s *Sandbox) clientNames() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []string
	for id := range s.clients {
		out = append(out, id.name)
	}
	slices.Sort(out)
	return out
}

// registerClient stands for the fleet's side: taking a public half to Noa.
func (s *Sandbox) registerClient(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Name      string   `json:"name"`
		Scopes    []string `json:"scopes"`
		PublicKey string   `json:"public_key"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAssertionBody)).Decode(&sent)
	if err == nil {
		err = s.Register(sent.Name, sent.Scopes, []byte(sent.PublicKey))
	}
	if err != nil {
		writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	writeControl(w, http.StatusCreated, map[string]any{
		"name": sent.Name, "organization": s.Organization().UUID, "scopes": sortedScopes(sent.Scopes),
	})
}

func writeControl(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
