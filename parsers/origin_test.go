package parsers_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/parsers/syslog"
	"github.com/auditwarden/auditwarden/pipeline"
)

// comesFrom reports whether an event's statement is a part of the lines it is made of, once those are unescaped as their
// format escapes. The unescaping here is written anew, with the standard library, and on whole lines instead of fields.
func comesFrom(ev *pipeline.Event, raw [][]byte) bool {
	s := ev.Statement
	if s == "" {
		return true
	}
	if writings(s, plainLines(raw), ev.Format) {
		return true
	}
	// In an envelope: unwrap all that may be one, level by level.
	text, wrapped := openEnvelopes(raw)
	for range 7 {
		if !wrapped {
			return false
		}
		lines := strings.Split(text, "\n")
		if writings(s, lines, ev.Format) || inOrder(s, text) || inOrder(double(s), text) {
			return true
		}
		next := unescapeJSON(text)
		wrapped = next != text
		text = next
	}
	return false
}

// writings reports whether lines hold s in one of the ways in which a format writes it.
func writings(s string, lines []string, format string) bool {
	text := strings.Join(lines, "\n")
	switch {
	case strings.Contains(text, s), strings.Contains(text, double(s)), strings.Contains(text, double(double(s))):
		// One run of the text: csvlog, Percona's CSV, and what goes over one line of stderr.
		return true
	case strings.HasPrefix(format, "percona/"):
		return strings.Contains(unescapeXML(text), s) || strings.Contains(unescapeJSON(text), s)
	case format == "mariadb/server_audit", format == "mysql/server_audit", format == "mysql/aurora":
		// A backslash before the closing quote escapes nothing.
		return strings.Contains(unescapeAudit(text), strings.TrimSuffix(s, `\`))
	case format == "postgresql/stderr":
		flush := make([]string, len(lines)) // as journalctl writes further lines
		for i := range lines {
			flush[i] = strings.TrimLeft(lines[i], " ")
		}
		return tabbed(s, lines) || tabbed(double(s), lines) || tabbed(s, flush) || tabbed(double(s), flush)
	case format == "postgresql/syslog":
		for _, as := range []joining{{}, {mixed: true}, {further: true}, {mixed: true, further: true}} {
			joined := chunked(lines, as)
			if strings.Contains(joined, s) || strings.Contains(joined, double(s)) {
				return true
			}
		}
		return false
	case format == "postgresql/csvlog":
		return false
	case format == "gcp/cloudsql_pgaudit":
		if concatenated(s, lines) {
			return true
		}
	}
	// Objects, and pgauditlogtofile's CSV.
	plain := unescapeJSON(text)
	return strings.Contains(plain, s) || strings.Contains(plain, double(s))
}

func plainLines(raw [][]byte) []string {
	lines := make([]string, len(raw))
	for i := range raw {
		lines[i] = strings.ToValidUTF8(string(raw[i]), "\uFFFD")
	}
	return lines
}

func double(s string) string { return strings.ReplaceAll(s, `"`, `""`) }

// tabbed reports whether s is in lines of stderr: from some place in one to its end, whole lines after a tab, and the
// start of a last one. Messages of other processes, and then their further lines, may stand between.
func tabbed(s string, lines []string) bool {
	part := strings.Split(s, "\n")
	for first := range lines {
		if !strings.HasSuffix(lines[first], part[0]) {
			continue
		}
		n, others, torn := 1, false, false
		for i := first + 1; i < len(lines) && n < len(part) && !torn; i++ {
			line, further := strings.CutPrefix(lines[i], "\t")
			switch {
			case line == part[n] || n == len(part)-1 && strings.HasPrefix(line, part[n]):
				n++
			case further && !others:
				torn = true
			}
			others = others || !further && line != ""
		}
		if n == len(part) {
			return true
		}
	}
	return false
}

// inOrder reports whether the lines of s stand in text one after the other: each may be in an object of its own.
func inOrder(s, text string) bool {
	for _, part := range strings.Split(s, "\n") {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}

// joining says what may be a part of a message: numbered pieces of one without a number, and indented lines without a head, as
// journalctl writes further lines.
type joining struct{ mixed, further bool }

// chunked joins the pieces that one process sent to syslog: a tab starts a line.
func chunked(lines []string, as joining) string {
	var b strings.Builder
	var sender string
	var number int64
	numbered := false
	for i, line := range lines {
		h, ok := syslog.Parse([]byte(strings.TrimPrefix(line, "\uFEFF")), stamp.NewClock(nil), time.Time{})
		if text := strings.TrimLeft(line, " "); as.further && !ok && len(text) < len(line) {
			b.WriteByte('\n')
			b.WriteString(strings.TrimPrefix(text, "\t"))
			continue
		}
		if i == 0 {
			sender = h.Host + "/" + h.Tag + "/" + h.PID
			n, chunk, _ := syslog.Chunk(syslog.Plain(syslog.Lines(h.Text)))
			number, numbered = n, chunk > 0
		}
		if !ok || h.Host+"/"+h.Tag+"/"+h.PID != sender {
			continue
		}
		n, chunk, text := syslog.Chunk(syslog.Plain(syslog.Lines(h.Text)))
		if numbered && (chunk == 0 || n != number) || !numbered && chunk > 0 && !as.mixed {
			continue
		}
		if rest, tab := bytes.CutPrefix(text, []byte("\t")); tab {
			b.WriteByte('\n')
			text = rest
		}
		b.Write(bytes.ReplaceAll(text, []byte("\n\t"), []byte("\n")))
	}
	return b.String()
}

// concatenated reports whether s is made of whole strings of the objects in lines: Cloud SQL's chunks.
func concatenated(s string, lines []string) bool {
	pieces := map[string]bool{}
	for _, line := range lines {
		for _, m := range jsonString.FindAllStringSubmatch(line, -1) {
			if p := unescapeJSON(m[1]); p != "" {
				pieces[p] = true
			}
		}
	}
	reached := make([]bool, len(s)+1)
	reached[0] = true
	for i := range s {
		if !reached[i] {
			continue
		}
		for p := range pieces {
			if strings.HasPrefix(s[i:], p) {
				reached[i+len(p)] = true
			}
		}
	}
	return reached[len(s)]
}

var jsonString = regexp.MustCompile(`"((?:[^"\\]|\\.)*)`)

var jsonEscape = regexp.MustCompile(`(?s)\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.`)

// unescapeJSON undoes the escapes that JSON knows.
func unescapeJSON(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return jsonEscape.ReplaceAllStringFunc(s, func(e string) string {
		var out string
		if json.Unmarshal([]byte(`"`+e+`"`), &out) != nil {
			return e
		}
		return out
	})
}

var reference = regexp.MustCompile(`&(lt|gt|amp|quot|apos|#[0-9]{1,9}|#[xX][0-9a-fA-F]{1,8});`)

// unescapeXML undoes character references, those of control characters too.
func unescapeXML(s string) string {
	return reference.ReplaceAllStringFunc(s, func(e string) string {
		if c, ok := map[string]string{"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": `"`, "&apos;": "'"}[e]; ok {
			return c
		}
		digits, base := e[2:len(e)-1], 10
		if digits[0]|0x20 == 'x' {
			digits, base = digits[1:], 16
		}
		code, err := strconv.ParseUint(digits, base, 21)
		if err != nil {
			return e
		}
		if r := rune(code); utf8.ValidRune(r) {
			return string(r)
		}
		return "\uFFFD"
	})
}

// unescapeAudit undoes server_audit's escapes.
func unescapeAudit(s string) string { return auditEscapes.Replace(s) }

var auditEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\b`, "\b", `\f`, "\f")

var envelopeStart = regexp.MustCompile(`^(\x{FEFF})?[ ,]*(\{|\[|"|<\d|\d+ <|\d{4}-\d\d-\d\dT|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} |[A-Z][a-z][a-z] [ \d]\d |H4sI)|^\x1f`)

var containerHead = regexp.MustCompile(`^\S+ (?:stdout|stderr) ([PF]) `)

var containerName = regexp.MustCompile(`^(?:[\w.-]+ +\| ?|\[pod/[^\]]*\] ?)`)

var byteList = regexp.MustCompile(`\[[\x00-\x20]*\d{1,3}(?:[\x00-\x20]*,[\x00-\x20]*\d{1,3})*[\x00-\x20]*\]`)

// openEnvelopes joins what container runtimes split and unpacks what is packed; ok says that any line may be an envelope.
func openEnvelopes(raw [][]byte) (text string, ok bool) {
	var b bytes.Buffer
	var lists [][]byte
	for _, line := range raw {
		ok = ok || envelopeStart.Match(line)
		if name := containerName.Find(line); name != nil {
			line, ok = line[len(name):], true
		}
		end := "\n"
		if m := containerHead.FindSubmatchIndex(line); m != nil {
			if line[m[2]] == 'P' {
				end = ""
			}
			line = line[m[1]:]
		}
		if plain, packed := unpackAll(line); packed {
			line = plain
		}
		b.Write(line)
		b.WriteString(end)
		lists = append(lists, byteTexts(line)...)
	}
	b.Write(bytes.Join(lists, []byte("\n")))
	text = strings.ToValidUTF8(b.String(), "\uFFFD")
	return string(syslog.Plain([]byte(text))), ok
}

// byteTexts gives the texts that are written as lists of their bytes.
func byteTexts(line []byte) [][]byte {
	var texts [][]byte
	for _, list := range byteList.FindAll(line, -1) {
		var out []byte
		for _, n := range strings.FieldsFunc(string(list), func(r rune) bool { return r < '0' || r > '9' }) {
			if v, err := strconv.Atoi(n); err == nil && v < 256 {
				out = append(out, byte(v))
			}
		}
		texts = append(texts, out)
	}
	return texts
}

func unpackAll(line []byte) ([]byte, bool) {
	if bytes.HasPrefix(line, []byte("H4sI")) {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(line)))
		if err != nil {
			return nil, false
		}
		line = raw
	}
	r, err := gzip.NewReader(bytes.NewReader(line))
	if err != nil {
		return nil, false
	}
	out, err := io.ReadAll(io.LimitReader(r, 1<<20))
	return out, err == nil
}
