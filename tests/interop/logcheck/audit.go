package main

import (
	"fmt"
	"sort"

	"golang.org/x/mod/sumdb/tlog"
)

// audit reads every bundle and every tile of the log and sees that they make the signed root.
// Of each level at most one tile is kept in memory.
func audit(from source, checkpoint signedCheckpoint) (map[string]int64, error) {
	walk := &walk{from: from}
	kinds := map[string]int64{}
	for start := int64(0); start < checkpoint.size; start += tileWidth {
		width := tileWidth
		if checkpoint.size-start < tileWidth {
			width = int(checkpoint.size - start)
		}
		entries, err := from.readBundle(start/tileWidth, width)
		if err != nil {
			return nil, err
		}
		for offset, entry := range entries {
			kind, err := kindOf(entry)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", start+int64(offset), err)
			}
			kinds[kind]++
			if err := walk.push(0, tlog.RecordHash(entry)); err != nil {
				return nil, err
			}
		}
	}
	root, err := walk.finish()
	if err != nil {
		return nil, err
	}
	if checkpoint.size > 0 && root != tlog.Hash(checkpoint.root) {
		return nil, fmt.Errorf("the entries make the root %s, and %s was signed", root, tlog.Hash(checkpoint.root))
	}
	return kinds, nil
}

func kindOf(entry []byte) (string, error) {
	kind := textOf(membersOf(entry), "kind")
	if kind == "" || !isCanonical(entry) {
		return "", fmt.Errorf("not an object in canonical JSON with a kind")
	}
	return kind, nil
}

// A walk goes over the log once, with the last tile of each level.
type walk struct {
	from   source
	levels []level
}

type level struct {
	full   int64 // tiles of this level that are complete
	hashes []tlog.Hash
}

func (w *walk) push(number int, hash tlog.Hash) error {
	if number == len(w.levels) {
		w.levels = append(w.levels, level{})
	}
	w.levels[number].hashes = append(w.levels[number].hashes, hash)
	if len(w.levels[number].hashes) < tileWidth {
		return nil
	}
	if err := w.compare(number); err != nil {
		return err
	}
	root := rootOf(w.levels[number].hashes)
	w.levels[number].full++
	w.levels[number].hashes = w.levels[number].hashes[:0]
	return w.push(number+1, root)
}

// compare reads the tile that a level is at, and sees that it holds the hashes just computed.
func (w *walk) compare(number int) error {
	at := w.levels[number]
	tile := tlog.Tile{H: tileHeight, L: number, N: at.full, W: len(at.hashes)}
	data, err := w.from.readTile(tile)
	if err != nil {
		return err
	}
	for place, hash := range at.hashes {
		if string(data[place*tlog.HashSize:(place+1)*tlog.HashSize]) != string(hash[:]) {
			return fmt.Errorf("%s: hash %d is not that of the entries", tilePath(tile), place)
		}
	}
	return nil
}

// finish compares the partial tiles, and joins what is left into the root of the whole log.
func (w *walk) finish() (tlog.Hash, error) {
	var parts []tlog.Hash
	for number := len(w.levels) - 1; number >= 0; number-- {
		hashes := w.levels[number].hashes
		if len(hashes) == 0 {
			continue
		}
		if err := w.compare(number); err != nil {
			return tlog.Hash{}, err
		}
		for len(hashes) > 0 {
			width := 1
			for width*2 <= len(hashes) {
				width *= 2
			}
			parts = append(parts, rootOf(hashes[:width]))
			hashes = hashes[width:]
		}
	}
	if len(parts) == 0 {
		return tlog.Hash{}, nil
	}
	root := parts[len(parts)-1]
	for place := len(parts) - 2; place >= 0; place-- {
		root = tlog.NodeHash(parts[place], root)
	}
	return root, nil
}

// rootOf gives the root over a power of two of neighbouring hashes.
func rootOf(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	middle := len(hashes) / 2
	return tlog.NodeHash(rootOf(hashes[:middle]), rootOf(hashes[middle:]))
}

func sortedKinds(kinds map[string]int64) []string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
