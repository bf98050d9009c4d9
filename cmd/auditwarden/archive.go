package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/worm"
)

func archive(ctx context.Context, env cli.Env) error {
	return verbs(ctx, env, "archive", []command{
		{"verify", "check that nothing in the archive is missing or altered", verifyArchive},
		{"extract", "print the raw bytes of one record, and what proves them", extractRecord},
		{"keygen", "make a key pair for signing checkpoints", generateKey},
	})
}

func verifyArchive(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden archive verify", "-config FILE [-json] [-trusted DIR]",
		`Reads the whole archive and checks every segment and every checkpoint. It needs no more than the right to read, and the public keys.
With -trusted it also checks against checkpoints kept elsewhere (one file a source, named like it): only these show that the newest
segments were not taken away together with their checkpoints. Exit code 1 if anything is wrong.`)
	asJSON := f.Bool("json", false, "print the report as JSON")
	trusted := f.String("trusted", "", "`folder` of checkpoints kept elsewhere")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	a, err := f.load()
	if err != nil {
		return err
	}
	opts := worm.VerifyOptions{Trusted: map[string][]byte{}}
	for _, s := range a.Config.Sources {
		if *trusted == "" {
			break
		}
		b, err := os.ReadFile(filepath.Join(*trusted, s.Name))
		if err != nil {
			return fmt.Errorf("read trusted checkpoint: %w", err)
		}
		opts.Trusted[s.Name] = b
	}
	report, err := worm.Verify(ctx, a.Config.Archive.Config, opts)
	if err != nil {
		return err
	}
	if *asJSON {
		err = json.NewEncoder(env.Stdout).Encode(report)
	} else {
		printVerified(env, &report)
	}
	if err == nil && !report.OK() {
		return errors.New("the archive is damaged, see above")
	}
	return err
}

func printVerified(env cli.Env, r *worm.Report) {
	fmt.Fprintf(env.Stdout, "%s\n", r.Place)
	if !r.Immutable {
		fmt.Fprintln(env.Stdout, "  not immutable: whoever owns it can replace it as a whole")
	}
	for _, s := range r.Sources {
		signed := "signed"
		if !s.Signed {
			signed = "not signed"
		}
		fmt.Fprintf(env.Stdout, "  %s: %d segments, %d records, %d bytes raw, %d stored, checkpoints %s, Merkle root %s\n",
			s.Source, s.Segments, s.Records, s.RawBytes, s.StoredBytes, signed, s.Root)
		for _, p := range s.Problems {
			fmt.Fprintf(env.Stdout, "    PROBLEM %s\n", p)
		}
		for _, n := range s.Notes {
			fmt.Fprintf(env.Stdout, "    note: %s\n", n)
		}
	}
}

func extractRecord(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden archive extract", "-config FILE SOURCE RECORD-ID | SOURCE STREAM OFFSET",
		`Prints the raw bytes of one record on standard output, and on standard error which segment holds them and its checkpoint. Events and
alerts name their records by id; by stream and offset (columns of events too) it is found faster.`)
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() != 2 && f.NArg() != 3 {
		return cli.Usagef("a source and a record must be given (see 'auditwarden archive extract -h')")
	}
	a, err := f.load()
	if err != nil {
		return err
	}
	ar, err := worm.Open(ctx, a.Config.Archive.Config, worm.Options{})
	if err != nil {
		return err
	}
	defer ar.Close()
	var found *worm.Extract
	if f.NArg() == 2 {
		id, err := pipeline.ParseRecordID(f.Arg(1))
		if err != nil {
			return cli.Usagef("%s", err)
		}
		found, err = ar.ExtractID(ctx, f.Arg(0), id)
		if err != nil {
			return err
		}
	} else {
		offset, err := strconv.ParseInt(f.Arg(2), 10, 64)
		if err != nil {
			return cli.Usagef("offset %q must be a number", f.Arg(2))
		}
		found, err = ar.Extract(ctx, f.Arg(0), f.Arg(1), offset)
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stderr, "segment %d, %s\nSHA-256 %s\n%s", found.Sequence, found.Segment, found.SHA256, found.Checkpoint)
	if _, err := env.Stdout.Write(append(found.Record.Raw, '\n')); err != nil {
		return err
	}
	return nil
}

func generateKey(_ context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden archive keygen", "-out FILE NAME",
		"Makes an Ed25519 key pair for signing the archive's checkpoints: the private key into FILE (archive.signing_key_file), the public key to standard output (archive.verify_keys).")
	out := f.String("out", "", "the `file` for the private key; it must not exist")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() != 1 || *out == "" {
		return cli.Usagef("-out FILE and the key's name must be given (see 'auditwarden archive keygen -h')")
	}
	private, public, err := worm.GenerateKey(f.Arg(0))
	if err != nil {
		return err
	}
	file, err := os.OpenFile(*out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write private key: %w", err)
	}
	_, err = fmt.Fprintln(file, private.Reveal())
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write private key: %w", err)
	}
	fmt.Fprintln(env.Stdout, public)
	return nil
}
