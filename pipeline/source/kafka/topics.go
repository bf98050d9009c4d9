package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	kafkago "github.com/segmentio/kafka-go"
)

// sizes are how many partitions each topic has that is to be read. A topic that does not exist yet is not in it.
func (s *Source) sizes(ctx context.Context) (map[string]int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errNoAnswer)
	defer cancel()
	answer, err := s.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: s.wanted()})
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", said(ctx, err))
	}
	sizes := map[string]int{}
	for _, t := range answer.Topics {
		switch {
		case s.pattern != nil && (t.Internal || strings.HasPrefix(t.Name, "__") || !s.pattern.MatchString(t.Name)):
		case t.Error != nil && !errors.Is(t.Error, kafkago.UnknownTopicOrPartition):
			return nil, fmt.Errorf("list partitions of %s: %w", t.Name, t.Error)
		case len(t.Partitions) > 0:
			sizes[t.Name] = len(t.Partitions)
		}
	}
	return sizes, nil
}

// wanted are the topics to ask for; nil means all.
func (s *Source) wanted() []string {
	if s.pattern != nil {
		return nil
	}
	return s.cfg.Topics
}

var errNoAnswer = errors.New("no broker answered in time")

// said prefers the reason for which ctx was ended, and explains what a connection's end may mean.
func said(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the broker closed the connection; if it always does, its listener wants other tls or sasl settings", err)
	}
	return err
}
