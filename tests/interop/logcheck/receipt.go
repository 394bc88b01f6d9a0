package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	receiptLimitBytes  = 1_200_000
	proofLimitHashes   = 63
	receiptVersionLine = "c2sp.org/tlog-proof@v1"
)

// A receipt is a file of c2sp.org/tlog-proof. Only check vouches for it.
type receipt struct {
	extra      []byte // nil: there is no such line
	index      int64
	proof      tlog.RecordProof
	checkpoint []byte
}

func readReceipt(data []byte) (receipt, error) {
	var found receipt
	if len(data) > receiptLimitBytes {
		return found, fmt.Errorf("the receipt has more than %d bytes", receiptLimitBytes)
	}
	head, checkpoint, isWhole := bytes.Cut(data, []byte("\n\n"))
	if !isWhole {
		return found, fmt.Errorf("the receipt ends before its checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != receiptVersionLine {
		return found, fmt.Errorf("the first line is not %s", receiptVersionLine)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		extra, err := readBase64(strings.TrimPrefix(lines[0], "extra "))
		if err != nil {
			return found, err
		}
		found.extra = extra
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return found, fmt.Errorf("there is no line index where it should be")
	}
	index, err := readDecimal(strings.TrimPrefix(lines[0], "index "))
	if err != nil {
		return found, err
	}
	found.index = index
	if len(lines)-1 > proofLimitHashes {
		return found, fmt.Errorf("the proof has more than %d hashes", proofLimitHashes)
	}
	for _, line := range lines[1:] {
		hash, err := readHash(line)
		if err != nil {
			return found, err
		}
		found.proof = append(found.proof, hash)
	}
	found.checkpoint = checkpoint
	return found, nil
}

// prove checks that the entry is under the checkpoint at the receipt's index.
func (r receipt) prove(entry []byte, checkpoint signedCheckpoint) error {
	if r.index >= checkpoint.size {
		return fmt.Errorf("there is no entry %d in a log of %d", r.index, checkpoint.size)
	}
	return tlog.CheckRecord(r.proof, checkpoint.size, tlog.Hash(checkpoint.root), r.index, tlog.RecordHash(entry))
}

// entryAndSalt takes the entry out of the line extra: its bytes, or, for private evidence,
// {"entry": <object>, "salt": <hex>}, whose entry is hashed in canonical JSON.
func (r receipt) entryAndSalt() (entry, salt []byte, err error) {
	if r.extra == nil {
		return nil, nil, fmt.Errorf("the receipt does not carry its entry: give it with -entry")
	}
	private := membersOf(r.extra)
	if len(private) != 2 || private["entry"] == nil || private["salt"] == nil {
		return r.extra, nil, nil
	}
	if !isCanonical(r.extra) {
		return nil, nil, fmt.Errorf("the private part of the receipt is not canonical JSON")
	}
	text := textOf(private, "salt")
	salt, err = hex.DecodeString(text)
	if err != nil || len(salt) != 32 || hex.EncodeToString(salt) != text {
		return nil, nil, fmt.Errorf("the salt is not 32 bytes in lowercase hex")
	}
	// What is canonical as a whole is canonical in its parts.
	return private["entry"], salt, nil
}

// checkTracker sees that the entry records the ballot with this tracker.
func checkTracker(entry []byte, tracker string) error {
	want, err := base64.RawStdEncoding.Strict().DecodeString(tracker)
	if err != nil || len(want) != 32 {
		return fmt.Errorf("a tracker has 43 characters of base64")
	}
	event := membersOf(entry)
	if event == nil || !isCanonical(entry) {
		return fmt.Errorf("the entry is not an object in canonical JSON")
	}
	if textOf(event, "kind") != "election-event" || textOf(event, "type") != "Ballot" {
		return fmt.Errorf("the entry records no ballot")
	}
	if textOf(event, "payload") != hex.EncodeToString(want) {
		return fmt.Errorf("the entry records another ballot")
	}
	return nil
}

// checkDocument sees that the entry is evidence of the document with this hash.
func checkDocument(entry, salt, digest []byte) error {
	evidence := membersOf(entry)
	if evidence == nil || !isCanonical(entry) {
		return fmt.Errorf("the entry is not an object in canonical JSON")
	}
	if textOf(evidence, "kind") != "evidence" {
		return fmt.Errorf("the entry is no evidence")
	}
	if document := textOf(evidence, "document"); document != "" {
		if document != hex.EncodeToString(digest) {
			return fmt.Errorf("the entry is evidence of another document")
		}
		return nil
	}
	if salt == nil {
		return fmt.Errorf("the evidence is private, and the receipt does not carry its salt")
	}
	sum := sha256.Sum256(append(append([]byte{}, salt...), digest...))
	if textOf(evidence, "commitment") != hex.EncodeToString(sum[:]) {
		return fmt.Errorf("the entry is evidence of another document")
	}
	return nil
}

// membersOf gives the members of a JSON object, or nil when it is none.
func membersOf(data []byte) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil
	}
	return members
}

// textOf gives the member of this name if it is a text, and else the empty one.
func textOf(members map[string]json.RawMessage, name string) string {
	var text string
	if json.Unmarshal(members[name], &text) != nil {
		return ""
	}
	return text
}

func readDecimal(text string) (int64, error) {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(value, 10) != text || value < 0 {
		return 0, fmt.Errorf("not a decimal number without leading zeros: %.40q", text)
	}
	return value, nil
}

func readBase64(text string) ([]byte, error) {
	value, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(value) != text {
		return nil, fmt.Errorf("not base64: %.60q", text)
	}
	return value, nil
}

func readHash(text string) (hash tlog.Hash, err error) {
	value, err := readBase64(text)
	if err != nil || len(value) != len(hash) {
		return hash, fmt.Errorf("not base64 of 32 bytes: %.60q", text)
	}
	copy(hash[:], value)
	return hash, nil
}
