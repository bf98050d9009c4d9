package statement

import (
	"strings"
	"sync"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
	"github.com/auditwarden/auditwarden/pipeline/statement/mysql"
)

// Options are what an Analyser needs besides its configuration. The zero value is fine.
type Options struct{}

// Analyser understands statements. It is safe for concurrent use.
type Analyser struct {
	cfg   Config
	texts *texts
	cache *cache
	mysql *mysql.Parser
	forms sync.Pool
}

// New makes an Analyser. A zero Config means [Default].
func New(cfg Config, _ Options) *Analyser {
	if cfg == (Config{}) {
		cfg = Default()
	}
	return &Analyser{
		cfg: cfg, texts: newTexts(cfg.CacheEntries), cache: newCache(cfg.CacheEntries), mysql: mysql.NewParser(),
		forms: sync.Pool{New: func() any { return new(form) }},
	}
}

// Statement tells what a text means to an engine; an engine not known counts as PostgreSQL. The result is shared and
// must not be changed. It is nil for a text without any token.
func (a *Analyser) Statement(engine pipeline.Engine, sql string) *pipeline.Statement {
	if a.texts == nil {
		return a.statement(engine, sql, true)
	}
	k := a.texts.key(engine, sql)
	if st := a.texts.get(k); st != nil {
		return st
	}
	st := a.statement(engine, sql, true)
	if st != nil {
		a.texts.put(k, st)
	}
	return st
}

func dialectOf(e pipeline.Engine) lexer.Dialect {
	if e == pipeline.MySQL || e == pipeline.MariaDB {
		return lexer.MySQL
	}
	return lexer.PostgreSQL
}

func (a *Analyser) statement(engine pipeline.Engine, sql string, cached bool) *pipeline.Statement {
	if len(sql) > a.cfg.MaxTextBytes {
		sql = sql[:a.cfg.MaxTextBytes]
	}
	f := a.forms.Get().(*form)
	defer a.forms.Put(f)
	f.reset(dialectOf(engine))
	f.make(sql)
	if f.size == 0 {
		return nil
	}
	st := a.shape(engine, f, cached)
	return withProbes(st, f)
}

// shape gives what depends on the canonical text alone.
func (a *Analyser) shape(engine pipeline.Engine, f *form, cached bool) *pipeline.Statement {
	f.text = append(f.text, engine...)
	var k cacheKey
	if cached {
		k = a.cache.key(f.text)
		if st := a.cache.get(k); st != nil {
			return st
		}
	}
	st := a.analyse(engine, f)
	if cached {
		a.cache.put(k, st)
	}
	return st
}

// analyse understands a canonical text.
func (a *Analyser) analyse(engine pipeline.Engine, f *form) *pipeline.Statement {
	text := f.canonical()
	p, err := a.parse(f, text)
	st := &pipeline.Statement{Engine: engine, Normalized: normal(text, f.dialect)}
	if err != nil {
		lexical(st, f, text, err)
	} else {
		understood(st, f, p)
	}
	return st
}

// clean makes a name safe to store: valid UTF-8 and of bounded length.
func clean(s string) string {
	const longest = 128
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.ToValidUTF8(strings.Map(printable, s), "?")
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}
