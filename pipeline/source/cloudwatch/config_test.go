package cloudwatch

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
)

// denied refuses everything.
type denied struct{}

func (denied) FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"}
}

func (denied) DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"}
}

func TestValidate(t *testing.T) {
	change := func(f func(*Config)) Config {
		c := Default()
		c.Groups = []string{"/aws/rds/instance/a/postgresql"}
		f(&c)
		return c
	}
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"good", change(func(*Config) {}), ""},
		{"age", change(func(c *Config) { c.Start = "72h" }), ""},
		{"date", change(func(c *Config) { c.Start = "2024-05-02T00:00:00Z" }), ""},
		{"no groups", change(func(c *Config) { c.Groups = nil }), "at least one of groups, prefixes, patterns must be set"},
		{"bad group", change(func(c *Config) { c.Prefixes = []string{"a:b"} }), `prefixes[0]: "a:b" holds a character that no log group's name has; use letters, digits and _ - / . #`},
		{"bad exclude", change(func(c *Config) { c.Exclude = []string{"["} }), `exclude[0]: "[" is not a shell pattern`},
		{"bad start", change(func(c *Config) { c.Start = "yesterday" }), `start: "yesterday" is not a start; write now, beginning, a time such as 2024-05-02T00:00:00Z or an age such as 72h`},
		{"long horizon", change(func(c *Config) { c.Horizon = 400 * time.Hour }), "horizon: must be between 1m0s and 336h0m0s"},
		{"no rate", change(func(c *Config) { c.RequestsPerSecond = 0 }), "requests_per_second: must be above 0 and at most 1000"},
		{"external id alone", change(func(c *Config) { c.ExternalID = "x" }), "external_id: has no use without role_arn"},
		{"two external ids", change(func(c *Config) { c.RoleARN, c.ExternalID, c.ExternalIDFile = "arn:aws:iam::1:role/r", "x", "f" }), "only one of external_id, external_id_file may be set"},
		{"bad role", change(func(c *Config) { c.RoleARN = "reader" }), `role_arn: "reader" is not the ARN of a role; it begins with arn:`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.cfg.Validate().Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	api := func(code string, fault smithy.ErrorFault) error {
		return &smithy.OperationError{Err: &smithy.GenericAPIError{Code: code, Fault: fault}}
	}
	tests := []struct {
		name  string
		err   error
		token bool
		want  failure
	}{
		{"throttled", api("ThrottlingException", 0), true, throttled},
		{"too many", api("TooManyRequestsException", 0), false, throttled},
		{"limit", &types.LimitExceededException{}, false, throttled},
		{"network", errors.New("connection refused"), false, passing},
		{"server", api("InternalFailure", smithy.FaultServer), false, passing},
		{"unavailable", &types.ServiceUnavailableException{}, false, passing},
		{"expired credentials", api("ExpiredTokenException", smithy.FaultClient), true, credentials},
		{"expired page token", &types.InvalidParameterException{}, true, badToken},
		{"invalid without a token", &types.InvalidParameterException{}, false, refused},
		{"no such group", &types.ResourceNotFoundException{}, true, missing},
		{"denied", api("AccessDeniedException", smithy.FaultClient), false, refused},
	}
	for _, tt := range tests {
		if got := classify(tt.err, tt.token); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestPositionsRoundTrip(t *testing.T) {
	hour := &[60]uint32{0: 1, 7: 300, 59: 1<<32 - 1}
	c := cursors{Floor: 60_000, Head: 1714644672123, Back: []span{{1, 2}}, Verified: []int64{3, 4}}
	positions := map[string]string{
		sourceKey: encode(sourcePosition{Started: 5}), groupKey("/g"): encode(c), hourKey("/g", 476290): encodeHour(hour),
		streamKey("/g", "s"): encode(streamPosition{Time: 9, Event: "e"}), streamKey("/g", "forgotten"): "",
	}
	source, groups, err := restore(maps.Clone(positions))
	if err != nil {
		t.Fatal(err)
	}
	g := groups["/g"]
	if source.Started != 5 || !reflect.DeepEqual(*g.cursors, c) || *g.hours[476290] != *hour || g.streams["s"].Event != "e" || len(g.streams) != 1 {
		t.Errorf("%+v %+v", source, g)
	}
	if text := encodeHour(&[60]uint32{}); text != "" {
		t.Errorf("an empty hour is %q", text)
	}
	for _, bad := range []map[string]string{{"*": "x"}, {"g": "{}"}, {"g:": "x"}, {"g:*x": "AQ"}, {"g:*1": "!"}, {"g:s": "x"}} {
		if _, _, err := restore(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func FuzzRestore(f *testing.F) {
	f.Add("g:", `{"floor":1,"head":2,"verified":[1]}`)
	f.Add("g:*476290", "AQID")
	f.Add("g:s", `{"time":1,"event":"e"}`)
	f.Add("*", `{"started":1}`)
	f.Fuzz(func(t *testing.T, key, text string) {
		_, groups, err := restore(map[string]string{key: text})
		if err != nil {
			return
		}
		for _, g := range groups {
			for _, h := range g.hours {
				if again, err := decodeHour(encodeHour(h)); err != nil || *again != *h {
					t.Fatalf("%v %v", again, err)
				}
			}
		}
	})
}

// TestFit: a horizon or overlap that was changed moves no verifier past what was not verified.
func TestFit(t *testing.T) {
	now := int64(1_000_000) * minute
	c := cursors{Floor: 0, Head: now - 1000, Verified: []int64{now - 2*minute, now - 100*minute}}
	c.fit([]int64{minute, 10 * minute, 1000 * minute}, now)
	for i, v := range c.Verified {
		if v < now-1000*minute || v > now-1 || v%minute != 0 {
			t.Errorf("verifier %d at %d", i, now-v)
		}
	}
	if c.Verified[2] > now-100*minute {
		t.Errorf("the last verifier skips %d minutes", (c.Verified[2]-now)/minute+100)
	}
}
