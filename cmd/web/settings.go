package main

import (
	"crypto/x509"
	"fmt"
	"math"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"noadesk/internal/noa"
)

// dataSettings say where the database lies and what opens it.
type dataSettings struct {
	Data          string `setting:"NOADESK_DATA" default:"data" help:"Folder of the database."`
	MasterKeyFile string `setting:"NOADESK_MASTER_KEY_FILE" placeholder:"FILE" help:"File with the master key, mode 0400 or 0600."`
	Previous      string `setting:"NOADESK_MASTER_KEY_PREVIOUS_FILE" name:"master-key-previous-file" placeholder:"FILE" help:"File with the master key before this one, while it is rotated."`
	MasterKey     string `setting:"NOADESK_MASTER_KEY" hidden:"" help:"The master key itself; only with NOADESK_ALLOW_ENV_MASTER_KEY=1."`
}

// noaSettings say where Noa is and how it may be asked.
type noaSettings struct {
	API  string `setting:"NOADESK_API_URL" name:"api-url" default:"https://api.lock8.me/api/" help:"Noa's API."`
	STS  string `setting:"NOADESK_STS_URL" name:"sts-url" default:"https://sts.lock8.me/jwt" help:"Noa's token endpoint."`
	CA   string `setting:"NOADESK_CA_FILE" name:"ca-file" placeholder:"FILE" help:"Certificates to know Noa by, in place of the system's."`
	Rate string `setting:"NOADESK_NOA_RATE" name:"noa-rate" default:"20" help:"Requests a second to Noa per organisation; 0 for no limit."`
	Keep string `setting:"NOADESK_NOA_KEEP" name:"noa-keep" default:"2s" help:"How long an answer to a read is kept; 0 keeps none."`
}

// sessionSettings say when sessions end.
type sessionSettings struct {
	Idle string `setting:"NOADESK_SESSION_IDLE" name:"session-idle" default:"60m" help:"A session ends when nothing is done for so long."`
	Max  string `setting:"NOADESK_SESSION_MAX" name:"session-max" default:"12h" help:"The longest that a session lasts."`
}

// wrongSettings names all that are wrong, so that nobody mends them one start at a time.
type wrongSettings []string

func (ws wrongSettings) Error() string { return strings.Join(ws, "\n") }

// add notes a wrong setting, by the name of its variable.
func (ws *wrongSettings) add(variable, format string, args ...any) {
	*ws = append(*ws, variable+": "+fmt.Sprintf(format, args...))
}

// found is what was noted, as an error.
func (ws *wrongSettings) found() error {
	if len(*ws) == 0 {
		return nil
	}
	return *ws
}

// together names the wrong settings of several checks at once.
func together(errs ...error) error {
	var wrong wrongSettings
	for _, err := range errs {
		if err != nil {
			wrong = append(wrong, sentence(err))
		}
	}
	return wrong.found()
}

// environment finds the settings that the command line does not give. An empty
// variable is one that is not set.
func environment(env func(string) string) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if name := flag.Tag.Get("setting"); name != "" && env(name) != "" {
			return env(name), nil
		}
		return nil, nil
	}
}

// withVariable shows in the help which variable a flag stands for.
func withVariable(v *kong.Value) string {
	if name := v.Tag.Get("setting"); name != "" {
		return v.Help + " ($" + name + ")"
	}
	return kong.DefaultHelpValueFormatter(v)
}

// parse gives the settings as the client of Noa wants them.
func (s noaSettings) parse(wrong *wrongSettings) noa.Settings {
	conf := noa.Settings{
		API:     noaAddress(wrong, "NOADESK_API_URL", s.API),
		STS:     noaAddress(wrong, "NOADESK_STS_URL", s.STS),
		CA:      certificates(wrong, s.CA),
		Rate:    rate(wrong, s.Rate),
		Keep:    keep(wrong, s.Keep),
		Version: version,
	}
	if conf.API != nil && !strings.HasSuffix(conf.API.Path, "/") {
		conf.API.Path += "/"
	}
	return conf
}

// keep reads how long answers are kept. Beyond a minute they would no longer be what the desk says they are: Noa's.
func keep(wrong *wrongSettings, text string) time.Duration {
	if text == "0" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > time.Minute {
		wrong.add("NOADESK_NOA_KEEP", "%q is not a time like 2s, of a minute at most.", text)
		return 0
	}
	return d
}

func rate(wrong *wrongSettings, text string) float64 {
	r, err := strconv.ParseFloat(text, 64)
	if err != nil || r < 0 || math.IsInf(r, 0) || math.IsNaN(r) {
		wrong.add("NOADESK_NOA_RATE", "%q is not a number of requests a second.", text)
		return 0
	}
	return r
}

// noaAddress reads an address of Noa's. Plain http is for a Noa on this machine only:
// tokens must not cross a network in the clear.
func noaAddress(wrong *wrongSettings, variable, text string) *url.URL {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https", u.RawQuery != "", u.Fragment != "":
		wrong.add(variable, "%q is not an address such as https://noa.example.org/.", redacted(text))
	case u.User != nil:
		wrong.add(variable, "an address with a name or password in it is not accepted.")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		wrong.add(variable, "%q is plain http, which is accepted for a loopback address only; use https.", text)
	default:
		return u
	}
	return nil
}

// redacted is an address without the password that it may hold.
func redacted(text string) string {
	if strings.Contains(text, "@") {
		return "…" + text[strings.LastIndex(text, "@"):]
	}
	return text
}

// certificates reads the private CA, where there is one.
func certificates(wrong *wrongSettings, file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		wrong.add("NOADESK_CA_FILE", "%s cannot be read (%v).", file, cause(err))
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		wrong.add("NOADESK_CA_FILE", "%s holds no certificate in PEM.", file)
		return nil
	}
	return pool
}

// parse gives both times.
func (s sessionSettings) parse(wrong *wrongSettings) (idle, longest time.Duration) {
	idle = duration(wrong, "NOADESK_SESSION_IDLE", s.Idle)
	longest = duration(wrong, "NOADESK_SESSION_MAX", s.Max)
	if idle > 0 && longest > 0 && longest < idle {
		wrong.add("NOADESK_SESSION_MAX", "%s is shorter than NOADESK_SESSION_IDLE, %s.", s.Max, s.Idle)
	}
	return idle, longest
}

func duration(wrong *wrongSettings, variable, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		wrong.add(variable, "%q is not a time such as 45m or 12h.", text)
		return 0
	}
	return d
}
