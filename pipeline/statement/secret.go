package statement

import "strings"

// secretName reports whether a column's or table's name speaks of something secret.
func secretName(name string) bool {
	n := strings.ToLower(name)
	for _, s := range [...]string{"passw", "pwd", "passwd", "secret", "token", "api_key", "apikey", "credit", "card_num",
		"cc_num", "ssn", "pin_code", "private_key", "hash", "credential"} {
		if strings.Contains(n, s) {
			return true
		}
	}
	return n == "pass" || n == "cvv" || n == "pw" || n == "pin"
}
