// Package endtoend holds the tests that run the real programs, as processes, against real servers: what a user would
// see, seconds after doing something in a database, and after killing anything at any moment.
package endtoend
