package main

import (
	"fmt"
	"strings"
)

func (w *workload) newOrder() {
	w.run("SELECT c_discount, c_last, c_credit, w_tax FROM customer, warehouse WHERE w_id = # AND c_w_id = w_id AND c_d_id = # AND c_id = #",
		"SELECT d_next_o_id, d_tax FROM district WHERE d_id = # AND d_w_id = # FOR UPDATE",
		"UPDATE district SET d_next_o_id = # WHERE d_id = # AND d_w_id = #",
		"INSERT INTO orders (o_id, o_d_id, o_w_id, o_c_id, o_ol_cnt) VALUES (#, #, #, #, #)",
		"INSERT INTO new_orders (no_o_id, no_d_id, no_w_id) VALUES (#, #, #)")
	for range 2 + w.n(6) {
		w.run("SELECT i_price, i_name, i_data FROM item WHERE i_id = #",
			"SELECT s_quantity, s_data, s_dist_01 FROM stock WHERE s_i_id = # AND s_w_id = # FOR UPDATE",
			"UPDATE stock SET s_quantity = # WHERE s_i_id = # AND s_w_id = #",
			"INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_quantity, ol_amount) VALUES (#, #, #, #, #, #, #)")
	}
}

func (w *workload) findCustomer() {
	if w.chance(60) {
		w.run("SELECT count(c_id) FROM customer WHERE c_last = @ AND c_d_id = # AND c_w_id = #",
			"SELECT c_id, c_balance, c_first, c_middle FROM customer WHERE c_last = @ AND c_d_id = # AND c_w_id = # ORDER BY c_first")
		return
	}
	w.run("SELECT c_balance, c_first, c_middle, c_last FROM customer WHERE c_id = # AND c_d_id = # AND c_w_id = #")
}

func (w *workload) payment() {
	w.run("UPDATE warehouse SET w_ytd = w_ytd + # WHERE w_id = #",
		"SELECT w_street_1, w_city, w_state, w_zip, w_name FROM warehouse WHERE w_id = #",
		"UPDATE district SET d_ytd = d_ytd + # WHERE d_w_id = # AND d_id = #")
	w.findCustomer()
	if w.chance(10) {
		w.run("SELECT c_data FROM customer WHERE c_id = # AND c_d_id = # AND c_w_id = #",
			"UPDATE customer SET c_balance = #, c_data = @ WHERE c_id = # AND c_d_id = # AND c_w_id = #")
	} else {
		w.run("UPDATE customer SET c_balance = # WHERE c_id = # AND c_d_id = # AND c_w_id = #")
	}
	w.run("INSERT INTO history (h_c_id, h_w_id, h_amount, h_data) VALUES (#, #, #, @)")
}

func (w *workload) orderStatus() {
	w.findCustomer()
	w.run("SELECT o_id, o_carrier_id, o_entry_d FROM orders WHERE o_c_id = # ORDER BY o_id DESC LIMIT 1",
		"SELECT ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line WHERE ol_o_id = # AND ol_d_id = # AND ol_w_id = #")
}

func (w *workload) delivery() {
	for range w.n(4) {
		w.run("SELECT no_o_id FROM new_orders WHERE no_d_id = # AND no_w_id = # ORDER BY no_o_id LIMIT 1",
			"DELETE FROM new_orders WHERE no_o_id = # AND no_d_id = # AND no_w_id = #",
			"UPDATE orders SET o_carrier_id = # WHERE o_id = # AND o_d_id = # AND o_w_id = #",
			"UPDATE order_line SET ol_delivery_d = now() WHERE ol_o_id = # AND ol_d_id = # AND ol_w_id = #",
			"UPDATE customer SET c_balance = c_balance + #, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_id = # AND c_d_id = # AND c_w_id = #")
	}
}

func (w *workload) stockLevel() {
	w.run("SELECT d_next_o_id FROM district WHERE d_w_id = # AND d_id = #",
		"SELECT count(DISTINCT s_i_id) FROM order_line, stock WHERE ol_w_id = # AND ol_o_id < # AND s_i_id = ol_i_id AND s_quantity < #")
}

func (w *workload) ticket() {
	w.run("SELECT t_id, t_subject, t_state FROM ticket WHERE t_c_id = # ORDER BY t_opened DESC")
	if w.chance(50) {
		w.run("INSERT INTO ticket (t_c_id, t_subject, t_state) VALUES (#, @, 'open')")
	} else {
		w.run("UPDATE ticket SET t_state = @ WHERE t_id = #", "INSERT INTO ticket_note (tn_t_id, tn_text) VALUES (#, @)")
	}
}

func (w *workload) customerChange() {
	w.findCustomer()
	w.run("UPDATE customer SET c_phone = @, c_street_1 = @, c_city = @ WHERE c_id = # AND c_d_id = # AND c_w_id = #")
}

func (w *workload) restock() {
	w.run("SELECT s_i_id, s_quantity FROM stock WHERE s_w_id = # AND s_quantity < # ORDER BY s_quantity LIMIT 20")
	for range w.n(5) {
		w.run("SELECT i_price, i_name, i_data FROM item WHERE i_id = #",
			"UPDATE stock SET s_quantity = s_quantity + # WHERE s_i_id = # AND s_w_id = #",
			"INSERT INTO delivery_note (dn_i_id, dn_quantity, dn_supplier) VALUES (#, #, @)")
	}
}

var reports = []string{
	"SELECT ol_number, sum(ol_quantity), sum(ol_amount), avg(ol_quantity), count(*) FROM order_line WHERE ol_delivery_d > @ GROUP BY ol_number ORDER BY ol_number",
	"SELECT o_ol_cnt, count(*) FROM orders WHERE o_entry_d >= @ AND o_entry_d < @ GROUP BY o_ol_cnt",
	"SELECT sum(ol_amount) AS revenue FROM order_line WHERE ol_delivery_d >= @ AND ol_quantity BETWEEN # AND #",
	"SELECT c_state, count(*), sum(c_balance) FROM customer WHERE c_balance > # GROUP BY c_state",
	"SELECT i_name, sum(ol_amount) FROM order_line JOIN item ON i_id = ol_i_id GROUP BY i_name ORDER BY 2 DESC LIMIT 10",
	"SELECT w_name, sum(h_amount) FROM history JOIN warehouse ON w_id = h_w_id WHERE h_date > @ GROUP BY w_name",
	"SELECT t_state, count(*) FROM ticket GROUP BY t_state",
	"SELECT s_w_id, count(*) FROM stock WHERE s_quantity < # GROUP BY s_w_id",
	"SELECT d_name, d_ytd FROM district ORDER BY d_ytd DESC",
	"SELECT c_last, c_first, sum(o_ol_cnt) FROM customer JOIN orders ON o_c_id = c_id GROUP BY c_last, c_first HAVING sum(o_ol_cnt) > #",
}

func (w *workload) standardReport() { w.run(reports[w.rng.IntN(len(reports))]) }

// adHoc is a query that an analyst puts together: a table, some columns, some conditions.
func (w *workload) adHoc() {
	tables := []struct {
		name    string
		columns []string
	}{
		{"customer", []string{"c_id", "c_state", "c_city", "c_balance", "c_credit", "c_since", "c_discount"}},
		{"orders", []string{"o_id", "o_c_id", "o_carrier_id", "o_entry_d", "o_ol_cnt", "o_w_id"}},
		{"order_line", []string{"ol_i_id", "ol_quantity", "ol_amount", "ol_delivery_d", "ol_supply_w_id"}},
		{"stock", []string{"s_i_id", "s_w_id", "s_quantity", "s_ytd", "s_order_cnt"}},
	}
	t := tables[w.rng.IntN(len(tables))]
	var columns, conditions []string
	for _, c := range t.columns {
		if w.chance(40) {
			columns = append(columns, c)
		}
		if w.chance(25) {
			conditions = append(conditions, c+" "+[]string{"=", "<", ">", "<>"}[w.rng.IntN(4)]+" #")
		}
	}
	if len(columns) == 0 {
		columns = []string{"count(*)"}
	}
	q := "SELECT " + strings.Join(columns, ", ") + " FROM " + t.name
	if len(conditions) > 0 {
		q += " WHERE " + strings.Join(conditions, " AND ")
	}
	w.run(q)
}

func (w *workload) load() {
	table := []string{"stage_price", "stage_supplier", "stage_customer"}[w.rng.IntN(3)]
	w.run("TRUNCATE "+table, "COPY "+table+" FROM STDIN", "ANALYZE "+table, "SELECT count(*) FROM "+table)
	switch table {
	case "stage_price":
		w.run("INSERT INTO item (i_id, i_name, i_price) SELECT sp_id, sp_name, sp_price FROM stage_price WHERE sp_id > #")
	case "stage_supplier":
		w.run("DELETE FROM supplier WHERE su_id IN (SELECT ss_id FROM stage_supplier)", "INSERT INTO supplier SELECT * FROM stage_supplier")
	default:
		w.run("UPDATE customer SET c_credit = sc_credit FROM stage_customer WHERE sc_id = c_id")
	}
}

func (w *workload) reprice() {
	for range w.n(6) {
		w.run("SELECT i_price, i_name, i_data FROM item WHERE i_id = #", "UPDATE item SET i_price = # WHERE i_id = #")
	}
}

func (w *workload) export() {
	w.run("SELECT * FROM orders WHERE o_entry_d >= @ AND o_entry_d < @ ORDER BY o_id", "SELECT * FROM order_line WHERE ol_o_id >= # AND ol_o_id < # ORDER BY ol_o_id",
		"INSERT INTO export_log (el_rows, el_target) VALUES (#, @)")
}

func (w *workload) maintain() {
	t := []string{"orders", "order_line", "stock", "customer", "history"}[w.rng.IntN(5)]
	w.run([]string{"VACUUM " + t, "ANALYZE " + t, "REINDEX TABLE " + t}[w.rng.IntN(3)])
}

func (w *workload) inspect() {
	w.run([]string{
		"SELECT pid, usename, state, query FROM pg_stat_activity WHERE state <> 'idle'", "SELECT relname, n_dead_tup FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 20",
		"SELECT pg_size_pretty(pg_database_size(current_database()))", "SHOW work_mem", "SELECT * FROM pg_locks WHERE NOT granted", "SELECT count(*) FROM orders",
		"SELECT rolname FROM pg_roles WHERE rolcanlogin", "EXPLAIN SELECT * FROM order_line WHERE ol_o_id = #",
	}[w.rng.IntN(8)])
}

func (w *workload) change() {
	w.run([]string{
		fmt.Sprintf("CREATE INDEX ix_%d ON order_line (ol_i_id)", w.n(99)), "GRANT SELECT ON orders TO report0", "ALTER TABLE stock ALTER COLUMN s_quantity SET STATISTICS #",
		"ALTER ROLE report0 SET work_mem = '64MB'", "DROP INDEX IF EXISTS ix_1",
	}[w.rng.IntN(5)])
}
