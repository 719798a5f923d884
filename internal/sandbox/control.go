package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
)

// control answers the sandbox's own calls, which Noa does not have.
func (s *Sandbox) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/{$}", s.overview)
	mux.HandleFunc("POST /_sandbox/reset", func(w http.ResponseWriter, _ *http.Request) { done(w, s.Reset) })
	mux.HandleFunc("POST /_sandbox/renew", func(w http.ResponseWriter, _ *http.Request) { done(w, s.Renew) })
	mux.HandleFunc("POST /_sandbox/client_apps", s.registerClient)
	mux.HandleFunc("GET /_sandbox/faults", s.listFaults)
	mux.HandleFunc("POST /_sandbox/faults", s.addFault)
	mux.HandleFunc("DELETE /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) { done(w, s.ClearFaults) })
	mux.HandleFunc("GET /_sandbox/calls", func(w http.ResponseWriter, _ *http.Request) {
		writeControl(w, http.StatusOK, s.calls.counted())
	})
	mux.HandleFunc("GET /_sandbox/options", s.showOptions)
	mux.HandleFunc("POST /_sandbox/options", s.switchOptions)
	return mux
}

// controls are told to whoever asks for the overview.
var controls = map[string]string{
	"POST /_sandbox/reset":       "takes back faults and switched options and makes the fleet anew; client applications stay",
	"POST /_sandbox/renew":       "makes the fleet anew; all else stays",
	"POST /_sandbox/client_apps": `registers {"name", "scopes", "public_key"}, the public half as PEM`,
	"GET /_sandbox/faults":       "lists the faults that are still to strike",
	"POST /_sandbox/faults": `adds {"kind", "path", "method", "after", "times", "delay": "250ms", "status", "code", ` +
		`"retry_after": "30s", "retry_after_date"}; what is left out fits every call, at once, until it is taken back`,
	"DELETE /_sandbox/faults": "takes every fault back",
	"GET /_sandbox/calls":     "counts the calls since the last reset, by method, path and status",
	"GET /_sandbox/options":   "shows the options",
	"POST /_sandbox/options":  "switches those that are sent, until the next reset",
}

// overview says where everything is. It holds no secret.
func (s *Sandbox) overview(w http.ResponseWriter, r *http.Request) {
	main := s.Organization()
	writeControl(w, http.StatusOK, map[string]any{
		"api":          own(r) + apiPath,
		"sts":          own(r) + stsPath,
		"organization": map[string]string{"uuid": main.UUID, "name": main.Name},
		"client_apps":  s.clientNames(),
		"controls":     controls,
		"fault_kinds":  faultKinds,
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

func (s *Sandbox) listFaults(w http.ResponseWriter, _ *http.Request) {
	out := []faultWire{}
	for _, f := range s.Faults() {
		out = append(out, f.wire())
	}
	writeControl(w, http.StatusOK, out)
}

func (s *Sandbox) addFault(w http.ResponseWriter, r *http.Request) {
	var sent faultWire
	err := readControl(r, &sent)
	if err == nil {
		err = s.Fault(sent.fault())
	}
	if err != nil {
		refuseControl(w, err)
		return
	}
	writeControl(w, http.StatusCreated, sent.fault().complete().wire())
}

func (s *Sandbox) showOptions(w http.ResponseWriter, _ *http.Request) {
	writeControl(w, http.StatusOK, s.settings().wire())
}

func (s *Sandbox) switchOptions(w http.ResponseWriter, r *http.Request) {
	sent := s.settings().wire()
	err := readControl(r, &sent)
	if err == nil {
		err = s.Switch(func(o *Options) { o.merge(sent) })
	}
	if err != nil {
		refuseControl(w, err)
		return
	}
	s.showOptions(w, r)
}

// registerClient stands for the fleet's side: taking a public half to Noa.
func (s *Sandbox) registerClient(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Name      string   `json:"name"`
		Scopes    []string `json:"scopes"`
		PublicKey string   `json:"public_key"`
	}
	err := readControl(r, &sent)
	if err == nil {
		err = s.Register(sent.Name, sent.Scopes, []byte(sent.PublicKey))
	}
	if err != nil {
		refuseControl(w, err)
		return
	}
	writeControl(w, http.StatusCreated, map[string]any{
		"name": sent.Name, "organization": s.Organization().UUID, "scopes": sortedScopes(sent.Scopes),
	})
}

// readControl refuses members that nobody reads: a misspelt fault would
// strike everything.
func readControl(r *http.Request, into any) error {
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxAssertionBody))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func refuseControl(w http.ResponseWriter, err error) {
	writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

func done(w http.ResponseWriter, do func()) {
	do()
	w.WriteHeader(http.StatusNoContent)
}

func writeControl(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
