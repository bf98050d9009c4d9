package cloudwatch

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"
)

func TestCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(3, 50)
		svc.faults = map[string]int{"duplicate": 100, "reorder": 100, "empty": 100, "token": 50, "throttle": 50, "outside": 50}
		begin := time.Now()
		for _, name := range []string{"/aws/rds/a", "/aws/rds/b", "/aws/other"} {
			svc.create(name, begin)
			steady(svc, name, begin, time.Hour, onTime)
		}
		time.Sleep(2 * time.Hour)
		source, err := newSource(testConfig(), Options{}, svc, "eu-central-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := source.count(t.Context(), span{begin.Add(10 * time.Minute).UnixMilli(), begin.Add(40 * time.Minute).UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]uint64{"/aws/rds/a:s": 1800, "/aws/rds/b:s": 1800}; !maps.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	})
}
