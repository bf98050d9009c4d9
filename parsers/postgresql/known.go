package postgresql

// known lists the prefixes that a line is tried against when none is configured: defaults of distributions and clouds,
// then what tools' manuals recommend. The more a prefix asks of a line, the earlier it stands.
var known = [...]string{
	"%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",         // RDS, the rich one
	"%t:%r:%u@%d:[%p]:",                               // RDS and Aurora
	"%m [%p] %q%u@%d,host=%h ",                        // PostgreSQL operators
	"%m [%p] %q%u@%d ",                                // Debian
	"%m [%p] ",                                        // PostgreSQL's own
	"%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ", // pgBadger's manual
	"%t [%p]: [%l-1] user=%u,db=%d,client=%h ",
	"%t [%p]: [%l-1] user=%u,db=%d ",
	"%t [%p]: user=%u,db=%d,app=%a,client=%h ",
	"%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
	"%m [%p]: user=%u,db=%d,app=%a,client=%h ",
	"%m [%p]: [%l-1] db=%d,user=%u ",                     // Cloud SQL
	"[%p]: [%l-1] db=%d,user=%u ",                        // Cloud SQL, 2020
	"%t [%a] [%e] [%p]: [%l-1] user=%u,db=%d,client=%h ", // IBM Cloud Databases
	"%t-%c-",                 // Azure
	"%t:%r:%u@%d:[%p]:%a:%e", // Azure flexible server, as seen
	" sql_error_code = %e time_ms = \"%m\" pid=\"%p\" proc_start_time=\"%s\" session_id=\"%c\" vtid=\"%v\" tid=\"%x\" log_line=\"%l\" %qdatabase=\"%d\" connection_source=\"%r\" user=\"%u\" application_name=\"%a\" ", // Heroku
	" sql_error_code = %e ", // Heroku, older
	"%m [%p]: [%l-1] user=%u,db=%d ",
	"%t [%p]: [%l-1] ",
	"%t [%p] %q%u@%d ",
	"%t [%p-%l] %q%u@%d ", // Debian, before 10
	"%t [%p-%l] %r %q%u@%d ",
	"%m [%p] %q%u@%d %r ",
	"%m [%p] %q%u@%d %h ",
	"%t [%p] %q%u@%d %r ",
	"%t [%p] %q%u@%d %h ",
	"%t [%p]: [%l-1] %c %x %d %u %a %h ", // Spilo
	"%t [%p]: [%l-1] user=%u,db=%d - PG-%e ",
	"%t [%p]: [%l-1] [trx_id=%x] user=%u,db=%d ",
	"%m [%p][%b][%v][%x] %q[user=%u,db=%d,app=%a] ",
	"%m [%p][%v] : [%l-1] %q[app=%a] ",
	"%m %r %u %a [%c] [%p] ",
	"pid=%p,user=%u,db=%d,app=%a,client=%h,txid=%x,qid=%Q ", // Aiven
	"pid=%p,user=%u,db=%d,app=%a,client=%h ",
	"user=%u,db=%d,app=%a,client=%h ", // pgBadger's manual, for syslog
	"user=%u,db=%d,client=%h ",
	"user=%u,db=%d ",
	"%t [%p]: ",
	"%m [%p]: ",
	"%t [%p] ",
	"%m %u@%d [%p] ",
	"%t %u@%d [%p] ",
	"%m [%p] %u@%d ",
	"%m [%p] %u@%d/%a ",
	"%m [%p] %q[user=%u,db=%d,app=%a,client=%h] ",
	"%m [%p] %q[user=%u,db=%d,app=%a,host=%h] ",
	"%m [%p] %q[user=%u,db=%d,app=%a] ",
	"%m [%p] user=%u,db=%d,app=%a,client=%h ",
	"%m [%c] ",
	"%m %c ",
	"%m ",
	"%t ",
	"< %m %a %u %d %r %p >", // hardening guides
	"< %m %u %d %p %r %a >",
	"< %m %u %d %c: >",
	"< %m >",
	"< %m > ",
	"",
}

// numbered lists what is tried besides where syslog's numbering shows that a message starts: too short to tell one from a
// line of text.
var numbered = [...]string{"%q[user=%u,db=%d,app=%a] ", "[%p] %q%u@%d ", "%q%u@%d "}

// NumberedPrefixes compiles the prefixes that are tried only on what certainly starts a message.
func NumberedPrefixes() []*Prefix { return compileAll(numbered[:]) }

// KnownPrefixes compiles the list of known prefixes.
func KnownPrefixes() []*Prefix { return compileAll(known[:]) }

func compileAll(texts []string) []*Prefix {
	list := make([]*Prefix, 0, len(texts))
	for _, text := range texts {
		if p, err := CompilePrefix(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}
