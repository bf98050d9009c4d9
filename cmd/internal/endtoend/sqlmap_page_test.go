package endtoend

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// target is one database server with a shop on it and a page in front of that pastes its parameter into SQL.
type target struct {
	cluster string
	// open connects a role from an address of this machine, under an application's name where the protocol has one.
	open func(role, address, application string) *sql.DB
	// named: the server logs the application's name.
	named bool
	// bind turns ? into what the driver takes.
	bind func(string) string
	page *page
}

const shopPassword = "correct-horse"

// dialFrom gives a dialer that leaves from an address of 127.0.0.0/8, so that each application host is a client of its own.
func dialFrom(address string) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: 10 * time.Second}
}

func postgresTarget(t *testing.T, pg *testserver.PG) *target {
	open := func(role, address, application string) *sql.DB {
		cfg, err := pgx.ParseConfig(pg.DSN(role, "shop"))
		if err != nil {
			t.Fatal(err)
		}
		cfg.RuntimeParams["application_name"] = application
		cfg.DialFunc = dialFrom(address).DialContext
		// The web application sends whole texts, with its values quoted by the driver; others bind theirs.
		if role == shopRole {
			cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		}
		return pool(t, stdlib.OpenDB(*cfg))
	}
	dollars := func(q string) string {
		n := 0
		return regexp.MustCompile(`\?`).ReplaceAllStringFunc(q, func(string) string { n++; return fmt.Sprintf("$%d", n) })
	}
	return newTarget(t, &target{cluster: "shop-pg", open: open, named: true, bind: dollars})
}

func mariaTarget(t *testing.T, db *testserver.Maria) *target {
	open := func(role, address, _ string) *sql.DB {
		cfg := mysql.NewConfig()
		cfg.User, cfg.Passwd, cfg.DBName = role, shopPassword, "shop"
		cfg.Net, cfg.Addr = "tcp", fmt.Sprintf("%s:%d", db.Host, db.Port)
		cfg.DialFunc = dialFrom(address).DialContext
		cfg.Logger = &mysql.NopLogger{}
		if role == shopRole {
			cfg.InterpolateParams, cfg.MultiStatements = true, true
		}
		connector, err := mysql.NewConnector(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return pool(t, sql.OpenDB(connector))
	}
	return newTarget(t, &target{cluster: "shop-maria", open: open, bind: func(q string) string { return q }})
}

func pool(t *testing.T, db *sql.DB) *sql.DB {
	db.SetMaxOpenConns(2)
	db.SetMaxIdleConns(2)
	t.Cleanup(func() { db.Close() })
	return db
}

func newTarget(t *testing.T, tg *target) *target {
	tg.page = &page{hosts: map[string]*host{}}
	server := httptest.NewServer(tg.page)
	t.Cleanup(server.Close)
	tg.page.url = server.URL
	return tg
}

// page is the shop's /HOST/product?id=N, which every application host serves from connections of its own.
type page struct {
	url string

	mu    sync.Mutex
	hosts map[string]*host
}

// host is one application host and what was asked of it.
type host struct {
	name, address, application string
	db                         *sql.DB

	mu       sync.Mutex
	requests int
	attacked time.Time // the first request whose id is no number
	literals map[string]bool
}

// add opens an application host.
func (tg *target) add(name, address string) *host {
	h := &host{name: name, address: address, application: "shop " + name, literals: map[string]bool{}}
	h.db = tg.open(shopRole, address, h.application)
	tg.page.mu.Lock()
	defer tg.page.mu.Unlock()
	tg.page.hosts[name] = h
	return h
}

func (h *host) url(p *page, id string) string { return p.url + "/" + h.name + "/product?id=" + id }

var (
	number = regexp.MustCompile(`^\d+$`)
	// literal is what a payload may carry that no alert may show: quoted texts, hexadecimal texts and long numbers.
	literal = regexp.MustCompile(`'[^']{3,}'|0x[0-9a-fA-F]{4,}|\b\d{4,}\b`)
)

// note keeps count, and the values that a payload carries.
func (h *host) note(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests++
	if number.MatchString(id) {
		return
	}
	if h.attacked.IsZero() {
		h.attacked = time.Now()
	}
	for _, l := range literal.FindAllString(id, -1) {
		h.literals[strings.Trim(l, "'")] = true
	}
}

func (h *host) seen() (requests int, attacked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.requests, h.attacked
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	p.mu.Lock()
	h := p.hosts[name]
	p.mu.Unlock()
	if h == nil || rest != "product" {
		http.NotFound(w, r)
		return
	}
	id := r.URL.Query().Get("id")
	h.note(id)
	body, err := h.product(r.Context(), id)
	if err != nil {
		http.Error(w, "<html><body>The database says: "+err.Error()+"</body></html>", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "<html><body><h1>Shop</h1><ul>%s</ul></body></html>", body)
}

// product is the hole: the id goes into the text as it came.
func (h *host) product(ctx context.Context, id string) (string, error) {
	rows, err := h.db.QueryContext(ctx, "SELECT id, name, price FROM product WHERE visible AND id = "+id+" ORDER BY name")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var id, name, price sql.NullString
		if err := rows.Scan(&id, &name, &price); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "<li>%s: %s, %s</li>", id.String, name.String, price.String)
	}
	return b.String(), rows.Err()
}
