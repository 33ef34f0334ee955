package up

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform"
)

// gate answers "not yet" until the platform runs.
type gate struct{ handler atomic.Pointer[http.Handler] }

func (g *gate) open(h http.Handler) { g.handler.Store(&h) }

// ServeHTTP passes on, once there is something to pass on to.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := g.handler.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	if r.URL.Path == "/healthz" {
		w.WriteHeader(http.StatusOK)
		return
	}
	fault.WriteProblem(w, fault.Busy("Kith is starting", time.Second))
}

// routes puts the parts that face outwards behind one address.
func (p *Platform) routes(gateway, web, issuer http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/", gateway)
	mux.Handle("/docs", gateway)
	mux.Handle("/docs/", gateway)
	mux.Handle("/openapi.json", gateway)
	mux.Handle(issuerPath+"/", issuer)
	mux.Handle(nightPath, p.night)
	mux.Handle("/", web)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { answerReady(w, p.running) })
	return mux
}

// answerReady says of each service whether it may be given work.
func answerReady(w http.ResponseWriter, running []*platform.Running) {
	status := http.StatusOK
	states := map[string]string{}
	for _, r := range running {
		states[r.Name()] = "ready"
		if ready, why := r.Ready(); !ready {
			states[r.Name()] = "not ready: " + why
			status = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// Someone who hung up can't be told more.
	_ = json.NewEncoder(w).Encode(states)
}
