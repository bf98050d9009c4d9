package endtoend

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// The shop's roles. The web application's is also the one that sqlmap acts as, from other hosts.
const (
	shopRole   = "webshop"
	officeRole = "backoffice"
	reportRole = "reports"
)

// ordinaryAddresses are where ordinary traffic comes from.
var ordinaryAddresses = map[string]string{shopRole: "127.0.0.2", officeRole: "127.0.0.3", reportRole: "127.0.0.4"}

const shopTables = `
CREATE TABLE product (id int PRIMARY KEY, name varchar(80), description varchar(400), price numeric(10,2), stock int, visible boolean);
CREATE TABLE customer (id int PRIMARY KEY, name varchar(80), email varchar(120), city varchar(80));
CREATE TABLE sale (id int PRIMARY KEY, customer_id int, product_id int, quantity int, paid boolean, placed date);
CREATE TABLE review (id int PRIMARY KEY, product_id int, author varchar(80), body varchar(400));
`

// shopRows fills the tables, the same on both servers.
func shopRows() string {
	var b strings.Builder
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, "INSERT INTO product VALUES (%d, '%s no. %d', 'A %s, made by hand', %d.50, %d, %t);\n", i, things[i%len(things)], i, things[i%len(things)], 3+i, i%9, i%7 != 0)
		fmt.Fprintf(&b, "INSERT INTO customer VALUES (%d, 'Customer %d', 'c%d@example.org', 'City %d');\n", i, i, i, i%5)
		fmt.Fprintf(&b, "INSERT INTO sale VALUES (%d, %d, %d, %d, %t, '2026-05-%02d');\n", i, 1+i*7%60, 1+i*11%60, 1+i%3, i%4 != 0, 1+i%28)
	}
	return b.String()
}

var things = []string{"lamp", "table", "flag", "kettle", "chair", "mirror"}

// typed is what people write into search forms and reviews; the driver quotes it.
var typed = []string{
	"union jack", "drop table lamp", "O'Brien", "d'Artagnan's hat", `6" nails`, "1=1", "chairs -- the good ones", "salt & pepper", "select all",
	"50% off", "lamp; table", "it's 'vintage'", "or best offer", "/* gift */", "rock 'n' roll", "# 1", "where is it?", "null", "and/or", "sleep (5 pieces)",
}

// crowd is ordinary traffic at a steady pace.
type crowd struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	counts map[string]int // statements sent, by role
	errs   []error
}

// ordinary starts people who use the shop, its office and its reports, each at its own pace, until stopped.
func (tg *target) ordinary(t *testing.T) *crowd {
	ctx, cancel := context.WithCancel(context.Background())
	c := &crowd{cancel: cancel, counts: map[string]int{}}
	t.Cleanup(func() { c.stop() })
	web := tg.add("front", ordinaryAddresses[shopRole])
	office := tg.open(officeRole, ordinaryAddresses[officeRole], "office")
	reports := tg.open(reportRole, ordinaryAddresses[reportRole], "reports 2.1")
	c.keep(ctx, 80*time.Millisecond, shopRole, func(r *rand.Rand, n int) error { return tg.shop(ctx, web, r, n) })
	c.keep(ctx, 100*time.Millisecond, officeRole, func(r *rand.Rand, n int) error { return tg.office(ctx, office, r, n) })
	c.keep(ctx, 400*time.Millisecond, reportRole, func(r *rand.Rand, n int) error { return tg.reports(ctx, reports, r, n) })
	return c
}

func (c *crowd) keep(ctx context.Context, pace time.Duration, role string, act func(*rand.Rand, int) error) {
	r := rand.New(rand.NewPCG(7, uint64(len(role))))
	c.done.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := act(r, n)
			c.mu.Lock()
			c.counts[role]++
			if err != nil && ctx.Err() == nil {
				c.errs = append(c.errs, fmt.Errorf("%s: %w", role, err))
			}
			c.mu.Unlock()
		}
	})
}

// stop ends the traffic and gives how much there was.
func (c *crowd) stop() (map[string]int, []error) {
	c.cancel()
	c.done.Wait()
	return c.counts, c.errs
}

func (c *crowd) sent() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, m := range c.counts {
		n += m
	}
	return n
}

// shop is what visitors make the web application send: values quoted into the text, and the page with the hole, used as meant.
func (tg *target) shop(ctx context.Context, web *host, r *rand.Rand, n int) error {
	text, id := typed[r.IntN(len(typed))], 1+r.IntN(60)
	switch n % 6 {
	case 0:
		return visit(ctx, web.url(tg.page, fmt.Sprint(id)))
	case 1, 2: // a search form with free conditions
		q, args := "SELECT id, name, price FROM product WHERE visible AND (lower(name) LIKE ? OR lower(description) LIKE ?)", []any{"%" + text + "%", "%" + text + "%"}
		if r.IntN(2) == 0 {
			q, args = q+" AND price BETWEEN ? AND ?", append(args, 1, 10+id)
		}
		if r.IntN(2) == 0 {
			q, args = q+" AND stock > ?", append(args, 0)
		}
		return tg.read(ctx, web.db, q+" ORDER BY price LIMIT 20", args...)
	case 3:
		return tg.read(ctx, web.db, "SELECT author, body FROM review WHERE product_id = ? OR author = ? ORDER BY id DESC LIMIT 10", id, text)
	case 4:
		return tg.write(ctx, web.db, "INSERT INTO review (id, product_id, author, body) VALUES (?, ?, ?, ?)", n, id, "reader "+fmt.Sprint(id), text)
	default:
		return tg.read(ctx, web.db, "SELECT name, CASE WHEN stock = 0 THEN 'sold out' ELSE 'in stock' END FROM product WHERE id IN (?, ?, ?)", id, id+1, id+2)
	}
}

// office is what clerks do with forms: rows made, changed and removed, values bound.
func (tg *target) office(ctx context.Context, db *sql.DB, r *rand.Rand, n int) error {
	id := 1 + r.IntN(60)
	switch n % 5 {
	case 0:
		return tg.write(ctx, db, "INSERT INTO sale (id, customer_id, product_id, quantity, paid, placed) VALUES (?, ?, ?, ?, ?, CURRENT_DATE)", 1000+n, id, 61-id, 1, false)
	case 1:
		return tg.write(ctx, db, "UPDATE product SET stock = stock - ? WHERE id = ? AND stock >= ?", 1, id, 1)
	case 2:
		return tg.write(ctx, db, "UPDATE customer SET city = ? WHERE id = ?", typed[r.IntN(len(typed))], id)
	case 3:
		return tg.read(ctx, db, "SELECT s.id, c.name, p.name, s.quantity FROM sale s JOIN customer c ON c.id = s.customer_id JOIN product p ON p.id = s.product_id WHERE s.paid = ? AND c.name LIKE ? ORDER BY s.id", false, typed[r.IntN(len(typed))]+"%")
	default:
		return tg.write(ctx, db, "DELETE FROM sale WHERE id = ? AND NOT paid", 1000+n-4)
	}
}

// reports are the same few large reads.
func (tg *target) reports(ctx context.Context, db *sql.DB, _ *rand.Rand, n int) error {
	return tg.read(ctx, db, []string{
		"SELECT p.name, count(*), sum(s.quantity * p.price) FROM sale s JOIN product p ON p.id = s.product_id WHERE 1=1 AND s.paid GROUP BY p.name HAVING count(*) > 0 ORDER BY 3 DESC",
		"SELECT 'customers' AS what, count(*) FROM customer UNION ALL SELECT 'sales', count(*) FROM sale UNION ALL SELECT 'reviews', count(*) FROM review",
		"SELECT c.city, count(DISTINCT c.id), coalesce(sum(s.quantity), 0) FROM customer c LEFT JOIN sale s ON s.customer_id = c.id GROUP BY c.city ORDER BY c.city",
		"SELECT name, price, rank() OVER (ORDER BY price DESC) FROM product WHERE id NOT IN (SELECT product_id FROM sale WHERE placed > '2026-05-20') -- slow sellers",
	}[n%4])
}

func visit(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answers %s: %s", res.Status, body)
	}
	return nil
}

func (tg *target) read(ctx context.Context, db *sql.DB, q string, args ...any) error {
	rows, err := db.QueryContext(ctx, tg.bind(q), args...)
	if err != nil {
		return fmt.Errorf("%s: %w", q, err)
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func (tg *target) write(ctx context.Context, db *sql.DB, q string, args ...any) error {
	if _, err := db.ExecContext(ctx, tg.bind(q), args...); err != nil {
		return fmt.Errorf("%s: %w", q, err)
	}
	return nil
}
