package endtoend

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// wire is a network between a client and a server that can be cut and slowed down.
type wire struct {
	address string // where clients connect
	ln      net.Listener

	mu      sync.Mutex
	backend string
	delay   time.Duration // for each chunk of up to 16 KiB
	down    bool
	open    map[net.Conn]struct{}
}

func newWire(t *testing.T, backend string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{address: ln.Addr().String(), ln: ln, backend: backend, open: map[net.Conn]struct{}{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { w.serve(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		w.cut()
		serving.Wait()
	})
	return w
}

func (w *wire) serve(client net.Conn) {
	defer client.Close()
	w.mu.Lock()
	backend, down := w.backend, w.down
	w.mu.Unlock()
	if down {
		return
	}
	server, err := net.Dial("tcp", backend)
	if err != nil {
		return
	}
	defer server.Close()
	w.mu.Lock()
	if w.down {
		w.mu.Unlock()
		return
	}
	w.open[client], w.open[server] = struct{}{}, struct{}{}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, client)
		delete(w.open, server)
	}()
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		defer to.Close()
		defer from.Close()
		w.pass(to, from)
	}
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

func (w *wire) pass(to io.Writer, from io.Reader) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			w.mu.Lock()
			delay := w.delay
			w.mu.Unlock()
			time.Sleep(delay)
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut breaks all connections; new ones can be made.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.Close()
	}
}

// away breaks all connections and refuses new ones for some time.
func (w *wire) away(d time.Duration) {
	w.set(func() { w.down = true })
	w.cut()
	time.Sleep(d)
	w.set(func() { w.down = false })
}

// slow delays every chunk, both ways, for some time.
func (w *wire) slow(delay, d time.Duration) {
	w.set(func() { w.delay = delay })
	time.Sleep(d)
	w.set(func() { w.delay = 0 })
}

func (w *wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}
