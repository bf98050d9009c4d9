package postgresql

// known lists the prefixes that a line is tried against when none is configured: defaults of distributions and clouds,
// then what tools' manuals recommend. The more a prefix asks of a line, the earlier it stands.
var known = [...]string{
	"%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a", // RDS, the rich one
	"%t:%r:%u@%d:[%p]:",                       // RDS and Aurora
	"%m [%p] %q%u@%d ",                        // Debian
	"%m [%p] ",                                // PostgreSQL's own
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
	"%t [%p]: ",
	"%m [%p]: ",
	"%t [%p] ",
	"%m %u@%d [%p] ",
	"%t %u@%d [%p] ",
	"%m [%p] %u@%d ",
	"%m [%p] %u@%d/%a ",
	"%m [%p] %q[user=%u,db=%d,app=%a] ",
	"%m [%p] %q[user=%u,db=%d,app=%a,client=%h] ",
	"%m [%p] user=%u,db=%d,app=%a,client=%h ",
	"%m [%c] ",
	"%m %c ",
	"%m ",
	"%t ",
	"< %m >",
	"< %m > ",
	"",
}

// KnownPrefixes compiles the list of known prefixes.
func KnownPrefixes() []*Prefix {
	list := make([]*Prefix, 0, len(known))
	for _, text := range known {
		if p, err := CompilePrefix(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}
