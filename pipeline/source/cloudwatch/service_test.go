package cloudwatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"
)

// service imitates CloudWatch Logs in the time of the test, with the faults that the real one has.
type service struct {
	mu     sync.Mutex
	groups map[string]*fakeGroup
	rng    *rand.Rand
	page   int // events a page
	// faults are chances out of a thousand requests, by name; nil for none.
	faults map[string]int

	requests int
	returned int // events in all pages
	tokens   int
}

type fakeGroup struct {
	created int64
	events  []fakeEvent // by time
}

type fakeEvent struct {
	at, ingested int64
	stream, id   string
	seq          int
	message      string
}

func newService(seed uint64, page int) *service {
	return &service{groups: map[string]*fakeGroup{}, rng: rand.New(rand.NewPCG(seed, 1)), page: page}
}

func (s *service) create(name string, created time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[name] = &fakeGroup{created: created.UnixMilli()}
}

// put adds events, which show from their ingestion on.
func (s *service) put(group string, events ...fakeEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[group]
	for _, e := range events {
		e.seq = len(g.events)
		if e.id == "" {
			e.id = fmt.Sprintf("%056d", s.rng.Uint64())
		}
		g.events = append(g.events, e)
	}
	slices.SortStableFunc(g.events, func(a, b fakeEvent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.ingested, b.ingested), cmp.Compare(a.seq, b.seq))
	})
}

func (s *service) fault() string {
	n := s.rng.IntN(1000)
	for _, name := range []string{"throttle", "internal", "network", "token", "empty", "duplicate", "reorder", "credentials", "outside"} {
		if n -= s.faults[name]; n < 0 {
			return name
		}
	}
	return ""
}

func (s *service) FilterLogEvents(ctx context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	fault := s.fault()
	switch fault {
	case "throttle":
		return nil, &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
	case "internal":
		return nil, &smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer}
	case "network":
		return nil, errors.New("connection reset by peer")
	case "credentials":
		return nil, &smithy.GenericAPIError{Code: "ExpiredTokenException"}
	case "token":
		if in.NextToken != nil {
			return nil, &types.InvalidParameterException{Message: aws.String("The specified nextToken is invalid.")}
		}
	}
	g := s.groups[aws.ToString(in.LogGroupName)]
	if g == nil {
		return nil, &types.ResourceNotFoundException{}
	}
	return s.answer(g, in, fault), nil
}

// answer pages by the place of the last event, as the real tokens seem to: events that come in the meantime may show.
func (s *service) answer(g *fakeGroup, in *cloudwatchlogs.FilterLogEventsInput, fault string) *cloudwatchlogs.FilterLogEventsOutput {
	now, start, end := time.Now().UnixMilli(), aws.ToInt64(in.StartTime), aws.ToInt64(in.EndTime)
	first := sort.Search(len(g.events), func(i int) bool { return g.events[i].at >= start })
	visible := []fakeEvent{}
	after, done := int64(0), 0
	if in.NextToken != nil {
		_, rest, _ := strings.Cut(*in.NextToken, "/")
		at, n, _ := strings.Cut(rest, "/")
		after, _ = strconv.ParseInt(at, 10, 64)
		done, _ = strconv.Atoi(n)
		first = max(first, sort.Search(len(g.events), func(i int) bool { return g.events[i].at >= after }))
	}
	more := false
	same := 0
	for _, e := range g.events[first:] {
		if e.at > end {
			break
		}
		if e.ingested > now {
			continue
		}
		if in.NextToken != nil && e.at == after {
			if same++; same <= done {
				continue
			}
		}
		if len(visible) == s.page {
			more = true
			break
		}
		visible = append(visible, e)
	}
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	if fault == "empty" {
		s.tokens++
		next := fmt.Sprintf("%d/%d/%d", s.tokens, after, done)
		if in.NextToken == nil {
			next = fmt.Sprintf("%d/%d/0", s.tokens, start)
		}
		out.NextToken = &next
		return out
	}
	for _, e := range visible {
		out.Events = append(out.Events, e.filtered())
	}
	if more {
		last := visible[len(visible)-1].at
		n := 0
		for _, e := range visible {
			if e.at == last {
				n++
			}
		}
		if last == after {
			n += done
		}
		s.tokens++
		out.NextToken = aws.String(fmt.Sprintf("%d/%d/%d", s.tokens, last, n))
	}
	s.disturb(g, out, fault)
	s.returned += len(out.Events)
	return out
}

func (s *service) disturb(g *fakeGroup, out *cloudwatchlogs.FilterLogEventsOutput, fault string) {
	switch fault {
	case "duplicate":
		out.Events = append(out.Events, out.Events...)
	case "reorder":
		s.rng.Shuffle(len(out.Events), func(i, j int) { out.Events[i], out.Events[j] = out.Events[j], out.Events[i] })
	case "outside":
		if len(g.events) > 0 && g.events[0].ingested <= time.Now().UnixMilli() {
			out.Events = append(out.Events, g.events[0].filtered())
		}
	}
}

func (e fakeEvent) filtered() types.FilteredLogEvent {
	return types.FilteredLogEvent{
		EventId: aws.String(e.id), LogStreamName: aws.String(e.stream), Timestamp: aws.Int64(e.at), IngestionTime: aws.Int64(e.ingested),
		Message: aws.String(e.message),
	}
}

func (s *service) DescribeLogGroups(ctx context.Context, in *cloudwatchlogs.DescribeLogGroupsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &cloudwatchlogs.DescribeLogGroupsOutput{}
	for name, g := range s.groups {
		if strings.HasPrefix(name, aws.ToString(in.LogGroupNamePrefix)) && strings.Contains(name, aws.ToString(in.LogGroupNamePattern)) {
			out.LogGroups = append(out.LogGroups, types.LogGroup{
				LogGroupName: aws.String(name), CreationTime: aws.Int64(g.created),
				Arn: aws.String("arn:aws:logs:eu-central-1:123456789012:log-group:" + name + ":*"),
			})
		}
	}
	return out, nil
}

func (s *service) counts() (requests, returned int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.returned
}
