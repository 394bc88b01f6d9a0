package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight       = 8
	tileWidth        = 1 << tileHeight
	bundleLimitBytes = tileWidth * (2 + 0xffff)
	smallLimitBytes  = 1 << 20
)

var errMissing = errors.New("the log does not serve it")

// A source is a log as static files: a folder, or an address.
type source struct {
	place  string
	client *http.Client
}

func newSource(place string) source {
	return source{strings.TrimSuffix(place, "/"), &http.Client{Timeout: 30 * time.Second}}
}

func isAddress(place string) bool {
	parsed, err := url.Parse(place)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https")
}

func (s source) read(path string, limit int64) ([]byte, error) {
	if !isAddress(s.place) {
		return readFile(filepath.Join(s.place, filepath.FromSlash(path)), limit)
	}
	return fetch(s.client, s.place+"/"+path, limit)
}

// readAny reads a file or an address that stands for itself.
func readAny(place string, limit int64) ([]byte, error) {
	if isAddress(place) {
		return fetch(newSource("").client, place, limit)
	}
	return readFile(place, limit)
}

func readFile(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, errMissing)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readLimited(file, path, limit)
}

func fetch(client *http.Client, address string, limit int64) ([]byte, error) {
	response, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("%s: %w", address, errMissing)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: answer %s", address, response.Status)
	}
	var body io.Reader = response.Body
	if response.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return nil, err
		}
	}
	return readLimited(body, address, limit)
}

func readLimited(from io.Reader, name string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", name, limit)
	}
	return data, nil
}

// tilePath turns x/mod's path into C2SP's, which has no height, and says entries for data.
func tilePath(tile tlog.Tile) string {
	path := tile.Path()
	if tile.L == -1 {
		return "tile/entries/" + strings.TrimPrefix(path, "tile/8/data/")
	}
	return "tile/" + strings.TrimPrefix(path, "tile/8/")
}

// readTile reads the hashes of a tile; a partial one that is gone is cut from the full one.
func (s source) readTile(tile tlog.Tile) ([]byte, error) {
	data, err := s.read(tilePath(tile), tileWidth*tlog.HashSize)
	if errors.Is(err, errMissing) && tile.W < tileWidth {
		full := tile
		full.W = tileWidth
		data, err = s.read(tilePath(full), tileWidth*tlog.HashSize)
		if err == nil && len(data) == tileWidth*tlog.HashSize {
			data = data[:tile.W*tlog.HashSize]
		}
	}
	if err == nil && len(data) != tile.W*tlog.HashSize {
		err = fmt.Errorf("%s has %d bytes", tilePath(tile), len(data))
	}
	return data, err
}

// The three methods of tlog.TileReader.

func (s source) Height() int { return tileHeight }

func (s source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var contents [][]byte
	for _, tile := range tiles {
		data, err := s.readTile(tile)
		if err != nil {
			return nil, err
		}
		contents = append(contents, data)
	}
	return contents, nil
}

func (s source) SaveTiles([]tlog.Tile, [][]byte) {}

// readBundle reads the entries of one bundle.
func (s source) readBundle(index int64, width int) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: -1, N: index, W: width}
	data, err := s.read(tilePath(tile), bundleLimitBytes)
	isFull := width == tileWidth
	if errors.Is(err, errMissing) && !isFull {
		tile.W, isFull = tileWidth, true
		data, err = s.read(tilePath(tile), bundleLimitBytes)
	}
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
			return nil, fmt.Errorf("%s ends inside an entry", tilePath(tile))
		}
		end := 2 + int(data[0])<<8 + int(data[1])
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if len(entries) != tile.W {
		return nil, fmt.Errorf("%s holds %d entries", tilePath(tile), len(entries))
	}
	return entries[:width], nil
}
