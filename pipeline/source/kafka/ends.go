package kafka

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	kafkago "github.com/segmentio/kafka-go"
)

// End says what a partition holds now.
type End struct {
	First int64 // the first offset still there
	Next  int64 // the offset of the next message to come
}

// Ends asks the brokers for the bounds of all partitions of the configured topics, by stream. It joins no group.
func Ends(ctx context.Context, cfg Config) (map[string]End, error) {
	s, err := prepare(cfg, Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return nil, err
	}
	defer s.disconnect()
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errNoAnswer)
	defer cancel()
	sizes, err := s.sizes(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[string][]kafkago.OffsetRequest{}
	for topic, n := range sizes {
		for id := range n {
			wanted[topic] = append(wanted[topic], kafkago.FirstOffsetOf(id), kafkago.LastOffsetOf(id))
		}
	}
	out := map[string]End{}
	if len(wanted) == 0 {
		return out, nil
	}
	res, err := s.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: wanted})
	if err != nil {
		return nil, fmt.Errorf("ask for the partitions' ends: %w", said(ctx, err))
	}
	for topic, list := range res.Topics {
		for _, p := range list {
			if p.Error != nil {
				return nil, fmt.Errorf("ask for the end of %s: %w", streamName(topic, p.Partition), p.Error)
			}
			out[streamName(topic, p.Partition)] = End{First: p.FirstOffset, Next: p.LastOffset}
		}
	}
	return out, nil
}
