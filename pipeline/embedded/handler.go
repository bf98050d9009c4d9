package embedded

import (
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// ServeHTTP implements [http.Handler]: ClickHouse's HTTP interface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/ping", "/replicas_status":
		ok(w)
		return
	case "/", "/query":
	default:
		http.Error(w, "There is no handle "+cut(r.URL.Path)+". Use / for queries and /ping for health checks.", http.StatusNotFound)
		return
	}
	if r.URL.RawQuery == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		ok(w)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodPut {
		w.Header().Set("Allow", "GET, POST, PUT")
		http.Error(w, "Only GET, POST and PUT.", http.StatusMethodNotAllowed)
		return
	}
	user, err := s.authenticate(r)
	if err != nil {
		writeError(w, err)
		return
	}
	s.metrics.requests.WithLabelValues(user).Inc()
	c, err := newCall(r, user)
	if err != nil {
		writeError(w, err)
		return
	}
	defer c.body.Close()
	s.run(w, c)
}

// processHeader says which process answers, so that a supervisor does not take another server at the address for its own.
const processHeader = "X-Auditwarden-Process"

func ok(w http.ResponseWriter) {
	w.Header().Set(processHeader, strconv.Itoa(os.Getpid()))
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	_, _ = io.WriteString(w, "Ok.\n")
}

// local reports whether the request was made for this machine by name. A page of another site that has its name point
// here (DNS rebinding) is not, and must not get at what needs no password.
func local(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
