package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The types of keys (c2sp.org/signed-note, c2sp.org/tlog-cosignature).
const (
	typeNote      = 0x01
	typeCosigner  = 0x04
	typePostQuant = 0x06
)

// A verifierKey is what `name+id+base64` says.
type verifierKey struct {
	name   string
	id     uint32
	kind   byte
	public []byte
	text   string
}

func readVerifierKey(text string) (verifierKey, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 || parts[0] == "" || strings.ContainsAny(parts[0], " \t\n") {
		return verifierKey{}, fmt.Errorf("not of the form name+id+base64: %.60q", text)
	}
	material, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(material) < 2 {
		return verifierKey{}, fmt.Errorf("the key %s is not base64", parts[0])
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), material...))
	if hex.EncodeToString(sum[:4]) != parts[1] {
		return verifierKey{}, fmt.Errorf("the id of the key %s does not belong to it", parts[0])
	}
	key := verifierKey{
		name: parts[0], id: binary.BigEndian.Uint32(sum[:4]), kind: material[0],
		public: material[1:], text: text,
	}
	lengths := map[byte]int{typeNote: 32, typeCosigner: 32, typePostQuant: 1312}
	if want, known := lengths[key.kind]; !known || len(key.public) != want {
		return verifierKey{}, fmt.Errorf("the key %s is of no known type and length", key.name)
	}
	return key, nil
}

// A cosigner checks timestamped Ed25519 cosignatures, type 0x04. It is a note.Verifier.
type cosigner struct{ key verifierKey }

func (c cosigner) Name() string    { return c.key.name }
func (c cosigner) KeyHash() uint32 { return c.key.id }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	if time == 0 || time > 1<<63-1 {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(c.key.public, []byte(message), signature[8:])
}

// A signedCheckpoint is one whose log's signature holds, with who cosigned it and when.
type signedCheckpoint struct {
	origin string
	size   int64
	root   [32]byte
	times  map[string]uint64 // by the text of the cosigner's key
}

// openCheckpoint checks the log's signature and every line of a known cosigner.
func openCheckpoint(data []byte, log verifierKey, cosigners []verifierKey) (signedCheckpoint, error) {
	var none signedCheckpoint
	if log.kind != typeNote {
		return none, fmt.Errorf("the key of a log is of type 0x01, not %#02x", log.kind)
	}
	logVerifier, err := note.NewVerifier(log.text)
	if err != nil {
		return none, err
	}
	verifiers := []note.Verifier{logVerifier}
	for _, key := range cosigners {
		if key.kind == typeCosigner {
			verifiers = append(verifiers, cosigner{key})
		}
	}
	opened, err := note.Open(data, note.VerifierList(verifiers...))
	if err != nil {
		return none, err
	}
	checkpoint, err := readCheckpoint(opened.Text)
	if err != nil {
		return none, err
	}
	if checkpoint.origin != log.name {
		return none, fmt.Errorf("this is the log %q, not %q", checkpoint.origin, log.name)
	}
	isSigned := false
	for _, signature := range opened.Sigs {
		if signature.Name == log.name && signature.Hash == log.id {
			isSigned = true
			continue
		}
		for _, key := range cosigners {
			if key.kind == typeCosigner && key.name == signature.Name && key.id == signature.Hash {
				blob, err := base64.StdEncoding.DecodeString(signature.Base64)
				if err != nil {
					return none, err
				}
				checkpoint.times[key.text] = binary.BigEndian.Uint64(blob[4:])
			}
		}
	}
	if !isSigned {
		return none, fmt.Errorf("the log %s did not sign this", log.name)
	}
	return checkpoint, nil
}

// unknownLines counts the lines of cosigners whose kind of key this program cannot check.
func unknownLines(data []byte, keys []verifierKey) int {
	count := 0
	_, lines, _ := cutLast(data, []byte("\n\n"))
	for _, line := range bytes.Split(lines, []byte("\n")) {
		fields := strings.Split(string(line), " ")
		if len(fields) != 3 {
			continue
		}
		blob, err := base64.StdEncoding.DecodeString(fields[2])
		if err != nil || len(blob) < 4 {
			continue
		}
		for _, key := range keys {
			if key.kind == typePostQuant && key.name == fields[1] && key.id == binary.BigEndian.Uint32(blob) {
				count++
			}
		}
	}
	return count
}

func cutLast(data, separator []byte) (before, after []byte, found bool) {
	place := bytes.LastIndex(data, separator)
	if place < 0 {
		return data, nil, false
	}
	return data[:place], data[place+len(separator):], true
}

func readCheckpoint(text string) (signedCheckpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return signedCheckpoint{}, fmt.Errorf("a checkpoint has three lines: origin, size, root")
	}
	size, err := readDecimal(lines[1])
	if err != nil {
		return signedCheckpoint{}, err
	}
	root, err := readHash(lines[2])
	if err != nil {
		return signedCheckpoint{}, err
	}
	if size == 0 && root != sha256.Sum256(nil) {
		return signedCheckpoint{}, fmt.Errorf("the root of the empty log is not SHA-256 of nothing")
	}
	return signedCheckpoint{origin: lines[0], size: size, root: root, times: map[string]uint64{}}, nil
}
