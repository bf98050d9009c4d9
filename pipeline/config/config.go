// Package config is the one configuration file of all commands: each package's own Config, put together.
//
// It guarantees that a Config handed out is complete and valid, and that every problem is reported at once with the
// path of its key. It knows nothing of how the parts work; only commands import it.
package config

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/source/cloudwatch"
	"github.com/auditwarden/auditwarden/pipeline/source/file"
	"github.com/auditwarden/auditwarden/pipeline/source/kafka"
	"github.com/auditwarden/auditwarden/pipeline/statement"
	"github.com/auditwarden/auditwarden/pipeline/worm"
	"github.com/auditwarden/auditwarden/sinks"
)

// Config is the whole file.
type Config struct {
	// DataDir holds what the embedded engine and the local archive write, where their own settings name no other place.
	DataDir    string            `yaml:"data_dir"`
	Sources    []Source          `yaml:"sources"`
	ClickHouse clickhouse.Config `yaml:"clickhouse"`
	// Embedded is the engine used when clickhouse.dsn is not set.
	Embedded  embedded.Config  `yaml:"embedded"`
	Ingest    Ingest           `yaml:"ingest"`
	Statement statement.Config `yaml:"statement"`
	Detect    detect.Config    `yaml:"detect"`
	Archive   Archive          `yaml:"archive"`
	Sinks     sinks.Config     `yaml:"sinks"`
	HTTP      HTTP             `yaml:"http"`
	Log       Log              `yaml:"log"`
}

// Archive is where the raw lines are kept: a bucket, or a folder; without either the folder "archive" in DataDir.
type Archive struct {
	Off         bool `yaml:"off"` // keep no raw lines at all
	worm.Config `yaml:",inline"`
}

// Source is one place that audit logs come from, and how to read them. Exactly one of the kinds is set.
type Source struct {
	Name       string             `yaml:"name"`
	File       *file.Config       `yaml:"file"`
	Kafka      *kafka.Config      `yaml:"kafka"`
	CloudWatch *cloudwatch.Config `yaml:"cloudwatch"`
	// Decoder holds format, prefix, time_zone, cluster and the limits of the parsers.
	Decoder parsers.Config `yaml:",inline"`
}

// UnmarshalYAML decodes a source over the defaults of the kind it is.
func (s *Source) UnmarshalYAML(decode func(any) error) error {
	var keys map[string]any
	if err := decode(&keys); err != nil {
		return err
	}
	if _, ok := keys["file"]; ok {
		d := file.Default()
		s.File = &d
	}
	if _, ok := keys["kafka"]; ok {
		d := kafka.Default()
		s.Kafka = &d
	}
	if _, ok := keys["cloudwatch"]; ok {
		d := cloudwatch.Default()
		s.CloudWatch = &d
	}
	s.Decoder = parsers.Default()
	type plain Source
	return decode((*plain)(s))
}

// Ingest tunes how events are committed.
type Ingest struct {
	BatchEvents   int           `yaml:"batch_events"`   // a commit holds at most about this many events
	FlushInterval time.Duration `yaml:"flush_interval"` // and waits at most this long
}

// HTTP is the endpoint for health and metrics.
type HTTP struct {
	// Listen is host:port; empty for none. As processes of their own on one machine, ingest takes this port, detect the next and
	// archive the one after that.
	Listen string `yaml:"listen"`
}

// At is where the process with that number listens: 0 for run and ingest, 1 for detect, 2 for archive.
func (h HTTP) At(process int) string {
	host, port, err := net.SplitHostPort(h.Listen)
	if err != nil {
		return h.Listen
	}
	n, err := strconv.Atoi(port)
	if err != nil || n == 0 {
		return h.Listen
	}
	return net.JoinHostPort(host, strconv.Itoa(n+process))
}

// Log says how the process logs.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text, json
}

// Default is a configuration without sources.
func Default() Config {
	return Config{
		DataDir:    "data",
		ClickHouse: clickhouse.Default(),
		Embedded:   embedded.Default(),
		Ingest:     Ingest{BatchEvents: 50_000, FlushInterval: time.Second},
		Statement:  statement.Default(),
		Detect:     detect.Default(),
		Archive:    Archive{Config: worm.Default()},
		HTTP:       HTTP{Listen: "127.0.0.1:9187"},
		Log:        Log{Level: "info", Format: "text"},
	}
}

// setDefaults fills in what depends on other settings.
func (c *Config) setDefaults() {
	if c.Embedded.Path == embedded.Default().Path {
		c.Embedded.Path = filepath.Join(c.DataDir, "clickhouse")
	}
	if c.Archive.Bucket == "" && c.Archive.Folder == "" {
		c.Archive.Folder = filepath.Join(c.DataDir, "archive")
	}
}

// MoveData puts the data into another folder, as the flag -data asks; an empty one changes nothing.
func (c *Config) MoveData(folder string) {
	if folder == "" {
		return
	}
	old := c.DataDir
	c.DataDir = folder
	if c.Embedded.Path == filepath.Join(old, "clickhouse") {
		c.Embedded.Path = filepath.Join(folder, "clickhouse")
	}
	if c.Archive.Folder == filepath.Join(old, "archive") {
		c.Archive.Folder = filepath.Join(folder, "archive")
	}
}

// UsesEmbedded reports whether the embedded engine is the store.
func (c *Config) UsesEmbedded() bool { return c.ClickHouse.DSN == "" && c.ClickHouse.DSNFile == "" }

// Finite reports whether all sources end by themselves.
func (c *Config) Finite() bool {
	return !slices.ContainsFunc(c.Sources, func(s Source) bool { return s.File == nil || s.File.Follow })
}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// Validate reports all that is wrong, with the paths of the keys.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	c.validateSources(&ps)
	store := c.ClickHouse
	if c.UsesEmbedded() {
		ps.Under("embedded", c.Embedded.Validate())
		store.DSN = "http://auditwarden@127.0.0.1/default" // the real one is known when the engine runs
	}
	ps.Under("clickhouse", store.Validate())
	ps.Under("statement", c.Statement.Validate())
	ps.Under("detect", c.Detect.Validate())
	if !c.Archive.Off {
		ps.Under("archive", c.Archive.Validate())
	}
	ps.Under("sinks", c.Sinks.Validate())
	if c.Ingest.BatchEvents < 1 || c.Ingest.BatchEvents > 1_000_000 {
		ps.Add("ingest.batch_events", "%d must be between 1 and 1000000", c.Ingest.BatchEvents)
	}
	if c.Ingest.FlushInterval < 10*time.Millisecond || c.Ingest.FlushInterval > time.Minute {
		ps.Add("ingest.flush_interval", "%s must be between 10ms and 1m", c.Ingest.FlushInterval)
	}
	if c.HTTP.Listen != "" {
		if _, _, err := net.SplitHostPort(c.HTTP.Listen); err != nil {
			ps.Add("http.listen", `%q is not host:port; write for example 127.0.0.1:9187, or "" for none`, c.HTTP.Listen)
		}
	}
	oneOf(&ps, "log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf(&ps, "log.format", c.Log.Format, "text", "json")
	return ps
}

func oneOf(ps *pipeline.Problems, path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		ps.Add(path, "%q must be one of %v", value, allowed)
	}
}

func (c *Config) validateSources(ps *pipeline.Problems) {
	if len(c.Sources) == 0 {
		ps.Add("sources", "must list at least one source")
	}
	seen := map[string]int{}
	for i := range c.Sources {
		s, path := &c.Sources[i], fmt.Sprintf("sources[%d]", i)
		if !sourceName.MatchString(s.Name) {
			ps.Add(path+".name", "%q must be 1 to 63 of a-z 0-9 . _ - and begin with a letter or digit", s.Name)
		} else if first, twice := seen[s.Name]; twice {
			ps.Add(path+".name", "%q is the name of sources[%d] already: names are part of every record's identity", s.Name, first)
		}
		seen[s.Name] = i
		ps.Under(path, s.validate())
	}
}

func (s *Source) validate() pipeline.Problems {
	var ps pipeline.Problems
	kinds := 0
	if s.File != nil {
		kinds++
		ps.Under("file", s.File.Validate())
	}
	if s.Kafka != nil {
		kinds++
		ps.Under("kafka", s.Kafka.Validate())
	}
	if s.CloudWatch != nil {
		kinds++
		ps.Under("cloudwatch", s.CloudWatch.Validate())
	}
	if kinds != 1 {
		ps.Add("", "exactly one of file, kafka, cloudwatch must be set")
	}
	return append(ps, s.Decoder.Validate()...)
}
