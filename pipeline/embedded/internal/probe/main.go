package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

func main() {
	l, err := chdb.Open(os.Getenv("HOME") + "/.cache/auditwarden/libchdb/26.7.3-stable.1/libchdb.so")
	if err != nil {
		panic(err)
	}
	conns := map[byte]*chdb.Conn{}
	get := func(k byte) *chdb.Conn {
		if conns[k] == nil {
			c, err := l.Connect(os.Args[1:]...)
			if err != nil {
				fmt.Println("connect:", err)
				os.Exit(1)
			}
			conns[k] = c
		}
		return conns[k]
	}
	sc := bufio.NewScanner(os.Stdin)
	for sc.Scan() {
		q := sc.Text()
		k := byte('0')
		if strings.HasPrefix(q, "@") {
			k = q[1]
			q = q[3:]
		}
		if q == "" {
			continue
		}
		t := time.Now()
		a, _ := get(k).Classify(q)
		r, err := get(k).Query(q, "TSVRaw")
		d := string(r.Data())
		if len(d) > 900 {
			d = d[:900] + "…"
		}
		fmt.Printf("%c> %s [class %d, %v]\n", k, q, a.Class, time.Since(t).Round(time.Microsecond))
		if err != nil {
			fmt.Println("   ERR", err)
		} else {
			fmt.Print(d)
		}
		r.Close()
	}
	for _, c := range conns {
		c.Close()
	}
	t := time.Now()
	fmt.Println("shutdown:", l.Shutdown(), time.Since(t))
}
