package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// api is what is used of the service.
type api interface {
	FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
	DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
}

// connect makes a client that does not retry by itself: retries have to pass the limiter like everything else.
func connect(ctx context.Context, cfg *Config) (*cloudwatchlogs.Client, *aws.CredentialsCache, error) {
	opts := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	}
	if cfg.Region != "" {
		opts = append(opts, awsconfig.WithRegion(cfg.Region))
	}
	if cfg.Profile != "" {
		opts = append(opts, awsconfig.WithSharedConfigProfile(cfg.Profile))
	}
	loaded, err := awsconfig.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return nil, nil, fmt.Errorf("load AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		return nil, nil, errors.New("region: not set, and the environment names none; write for example eu-central-1")
	}
	provider := loaded.Credentials
	if cfg.RoleARN != "" {
		external, err := cfg.externalID()
		if err != nil {
			return nil, nil, err
		}
		client := sts.NewFromConfig(loaded, func(o *sts.Options) {
			o.Retryer = retry.NewStandard()
			if cfg.STSEndpoint != "" {
				o.BaseEndpoint = aws.String(cfg.STSEndpoint)
			}
		})
		provider = stscreds.NewAssumeRoleProvider(client, cfg.RoleARN, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = cfg.SessionName
			o.ExternalID = external
		})
	}
	cache := aws.NewCredentialsCache(provider, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 2 * time.Minute })
	return cloudwatchlogs.NewFromConfig(loaded, func(o *cloudwatchlogs.Options) {
		o.Credentials = cache
		if cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(cfg.Endpoint)
		}
	}), cache, nil
}

// failure is what an error means for what to do next.
type failure string

const (
	throttled   failure = "throttled"   // slow down, all together
	passing     failure = "passing"     // the network or the service: again after a while
	credentials failure = "credentials" // expired: get new ones, again
	badToken    failure = "bad_token"   // the page token is not taken: read the slice from its beginning
	missing     failure = "missing"     // there is no such group
	refused     failure = "refused"     // not allowed, or not valid: somebody must act
)

var expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}

// classify sorts err, which came from a request that carried a page token or not.
func classify(err error, token bool) failure {
	var coded smithy.APIError
	if !errors.As(err, &coded) {
		return passing // no answer: network, timeout, no credentials yet
	}
	code := coded.ErrorCode()
	if _, ok := retry.DefaultThrottleErrorCodes[code]; ok || code == "LimitExceededException" {
		return throttled
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		switch status := response.HTTPStatusCode(); {
		case status == http.StatusTooManyRequests:
			return throttled
		case status >= 500:
			return passing
		}
	}
	switch {
	case code == "ResourceNotFoundException":
		return missing
	case slices.Contains(expired, code):
		return credentials
	case token && code == "InvalidParameterException":
		return badToken
	case coded.ErrorFault() == smithy.FaultServer, code == "RequestTimeout", code == "RequestTimeoutException":
		return passing
	}
	return refused
}

// skew tells how far the service's clock is ahead of ours: cursors follow the service's time.
type skew struct {
	mu    sync.Mutex
	ahead time.Duration
}

// tolerated is what the resolution of the Date header and the way to the service explain.
const tolerated = 2 * time.Second

func (s *skew) learn(server, now time.Time) {
	if server.IsZero() {
		return
	}
	d := server.Sub(now)
	if d.Abs() < tolerated {
		d = 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = d
}

func (s *skew) get() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ahead
}
