// Logcheck checks a Pnyx log and what it gives out. It was written from docs/log.md and the C2SP
// specifications alone, and shares no line with the project's own checkers: it stands on
// golang.org/x/mod/sumdb (note and tlog), which other people wrote and rely on.
//
//	logcheck checkpoint   -key KEY CHECKPOINT
//	logcheck cosignatures [-key KEY] -policy FILE CHECKPOINT
//	logcheck receipt      -key KEY|-policy FILE [-entry FILE] [-tracker T] [-document FILE] RECEIPT
//	logcheck consistency  -key KEY [-proof FILE | -log DIR|URL] OLD NEW
//	logcheck audit        -key KEY|-policy FILE DIR|URL
//
// KEY is name+id+base64, or a file with it. CHECKPOINT, OLD, NEW and RECEIPT are files or addresses.
// It ends with 0 when everything held, 1 when something did not, 2 when it was called wrongly.
// Cosignatures with ML-DSA-44 (type 0x06) are told and never counted: Go 1.19 cannot check them.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

var errUsage = errors.New("usage: logcheck checkpoint|cosignatures|receipt|consistency|audit [options] ARGUMENTS")

// The options, of which each command takes some.
type options struct {
	key, policy, entry, tracker, document, proof, log string
}

func main() {
	switch err := run(os.Args[1:], os.Stdout); {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	default:
		fmt.Println("REFUSED:", err)
		os.Exit(1)
	}
}

func run(arguments []string, to io.Writer) error {
	if len(arguments) == 0 {
		return errUsage
	}
	type command struct {
		run    func(options, []string, io.Writer) error
		number int
		takes  string
	}
	commands := map[string]command{
		"checkpoint":   {checkCheckpoint, 1, "key"},
		"cosignatures": {checkCheckpoint, 1, "key policy"},
		"receipt":      {checkReceipt, 1, "key policy entry tracker document"},
		"consistency":  {checkConsistency, 2, "key proof log"},
		"audit":        {checkLog, 1, "key policy"},
	}
	chosen, known := commands[arguments[0]]
	if !known {
		return errUsage
	}
	var given options
	flags := flag.NewFlagSet(arguments[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	places := map[string]*string{
		"key": &given.key, "policy": &given.policy, "entry": &given.entry, "tracker": &given.tracker,
		"document": &given.document, "proof": &given.proof, "log": &given.log,
	}
	for _, name := range strings.Fields(chosen.takes) {
		flags.StringVar(places[name], name, "", "")
	}
	if err := flags.Parse(arguments[1:]); err != nil || flags.NArg() != chosen.number {
		return errUsage
	}
	return chosen.run(given, flags.Args(), to)
}

// --- Whom to believe -------------------------------------------------------------------------

// trust reads the key or the policy; a key alone is a policy of one log and no witnesses, and a
// policy may name witnesses alone.
func trust(given options) (policy, error) {
	under := policy{quorum: "none"}
	if given.policy != "" {
		data, err := readAny(given.policy, smallLimitBytes)
		if err != nil {
			return under, err
		}
		if under, err = readPolicy(data); err != nil || len(under.logs) > 0 {
			return under, err
		}
	}
	text := given.key
	if text == "" {
		return under, errUsage
	}
	if strings.Count(text, "+") < 2 {
		data, err := readAny(text, smallLimitBytes)
		if err != nil {
			return under, err
		}
		text = strings.TrimSpace(string(data))
	}
	key, err := readVerifierKey(text)
	under.logs = []verifierKey{key}
	return under, err
}

// open checks a checkpoint under a policy and says what held.
func open(data []byte, under policy, to io.Writer) (signedCheckpoint, error) {
	var checkpoint signedCheckpoint
	err := fmt.Errorf("the policy names no log")
	for _, log := range under.logs {
		if checkpoint, err = openCheckpoint(data, log, under.keys()); err == nil {
			break
		}
	}
	if err != nil {
		return checkpoint, err
	}
	fmt.Fprintf(to, "checkpoint: %s, %d entries, root %s\n",
		checkpoint.origin, checkpoint.size, tlog.Hash(checkpoint.root))
	for _, key := range under.keys() {
		if at, found := checkpoint.times[key.text]; found {
			fmt.Fprintf(to, "cosigned: %s at %s\n", key.name, time.Unix(int64(at), 0).UTC().Format(time.RFC3339))
		}
	}
	unknown := unknownLines(data, under.keys())
	if unknown > 0 {
		fmt.Fprintf(to, "not checked: %d ML-DSA-44 cosignatures, which this program does not know\n", unknown)
	}
	if !under.isMet(checkpoint.times) {
		return checkpoint, fmt.Errorf("the quorum %q is not met by the cosignatures checked here", under.quorum)
	}
	return checkpoint, nil
}

// --- Commands --------------------------------------------------------------------------------

func checkCheckpoint(given options, arguments []string, to io.Writer) error {
	under, err := trust(given)
	if err != nil {
		return err
	}
	data, err := readAny(arguments[0], smallLimitBytes)
	if err != nil {
		return err
	}
	_, err = open(data, under, to)
	return err
}

func checkReceipt(given options, arguments []string, to io.Writer) error {
	under, err := trust(given)
	if err != nil {
		return err
	}
	data, err := readAny(arguments[0], receiptLimitBytes)
	if err != nil {
		return err
	}
	found, err := readReceipt(data)
	if err != nil {
		return err
	}
	checkpoint, err := open(found.checkpoint, under, to)
	if err != nil {
		return err
	}
	entry, salt, err := entryOf(found, given.entry)
	if err != nil {
		return err
	}
	if err := found.prove(entry, checkpoint); err != nil {
		return err
	}
	if given.tracker != "" {
		if err := checkTracker(entry, given.tracker); err != nil {
			return err
		}
		fmt.Fprintln(to, "ballot: the entry is that of the tracker")
	}
	if given.document != "" {
		digest, err := hashFile(given.document)
		if err != nil {
			return err
		}
		if err := checkDocument(entry, salt, digest); err != nil {
			return err
		}
		fmt.Fprintln(to, "document: the entry is evidence of it")
	}
	fmt.Fprintf(to, "receipt: entry %d is in the log\n", found.index)
	return nil
}

func entryOf(found receipt, path string) (entry, salt []byte, err error) {
	if path == "" {
		return found.entryAndSalt()
	}
	entry, err = readAny(path, 0xffff)
	return entry, nil, err
}

func hashFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return hash.Sum(nil), err
}

func checkConsistency(given options, arguments []string, to io.Writer) error {
	under, err := trust(given)
	if err != nil {
		return err
	}
	var both [2]signedCheckpoint
	for place, argument := range arguments {
		data, err := readAny(argument, smallLimitBytes)
		if err != nil {
			return err
		}
		if both[place], err = open(data, under, to); err != nil {
			return err
		}
	}
	old, new := both[0], both[1]
	if old.size > new.size {
		return fmt.Errorf("a log of %d entries cannot have become one of %d", old.size, new.size)
	}
	if old.size == new.size && old.root != new.root {
		return fmt.Errorf("FORK: two different logs of %d entries, both signed", old.size)
	}
	if old.size > 0 {
		proof, err := consistencyProof(given, old, new)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, new.size, tlog.Hash(new.root), old.size, tlog.Hash(old.root)); err != nil {
			return err
		}
	}
	fmt.Fprintf(to, "consistency: the log of %d entries begins with the log of %d\n", new.size, old.size)
	return nil
}

// consistencyProof takes the proof from a file, one hash a line, or makes it from the log's tiles.
func consistencyProof(given options, old, new signedCheckpoint) (tlog.TreeProof, error) {
	if given.log != "" {
		tree := tlog.Tree{N: new.size, Hash: tlog.Hash(new.root)}
		return tlog.ProveTree(new.size, old.size, tlog.TileHashReader(tree, newSource(given.log)))
	}
	if given.proof == "" {
		return nil, errUsage
	}
	data, err := readAny(given.proof, smallLimitBytes)
	if err != nil {
		return nil, err
	}
	proof := tlog.TreeProof{}
	for _, line := range strings.Fields(string(data)) {
		hash, err := readHash(line)
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	return proof, nil
}

func checkLog(given options, arguments []string, to io.Writer) error {
	under, err := trust(given)
	if err != nil {
		return err
	}
	from := newSource(arguments[0])
	data, err := from.read("checkpoint", smallLimitBytes)
	if err != nil {
		return err
	}
	checkpoint, err := open(data, under, to)
	if err != nil {
		return err
	}
	kinds, err := audit(from, checkpoint)
	if err != nil {
		return err
	}
	for _, kind := range sortedKinds(kinds) {
		fmt.Fprintf(to, "%s: %d\n", kind, kinds[kind])
	}
	fmt.Fprintf(to, "audit: all %d entries make the signed root, and so do all tiles\n", checkpoint.size)
	return nil
}
