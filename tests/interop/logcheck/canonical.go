package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
)

const integerLimit = 1<<53 - 1

// isCanonical says whether the bytes are one value in canonical JSON (RFC 8785) with integers only.
// Whatever else could be read from them, a name that appears twice among it, is written otherwise.
func isCanonical(data []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || decoder.More() {
		return false
	}
	var written strings.Builder
	return writeCanonical(&written, value) == nil && written.String() == string(data)
}

func writeCanonical(to *strings.Builder, value any) error {
	switch value := value.(type) {
	case nil:
		to.WriteString("null")
	case bool:
		to.WriteString(strconv.FormatBool(value))
	case string:
		writeString(to, value)
	case json.Number:
		number, err := strconv.ParseInt(value.String(), 10, 64)
		if err != nil || number > integerLimit || number < -integerLimit {
			return fmt.Errorf("not an integer of 53 bits: %s", value)
		}
		to.WriteString(strconv.FormatInt(number, 10))
	case []any:
		to.WriteByte('[')
		for index, item := range value {
			if index > 0 {
				to.WriteByte(',')
			}
			if err := writeCanonical(to, item); err != nil {
				return err
			}
		}
		to.WriteByte(']')
	case map[string]any:
		return writeObject(to, value)
	}
	return nil
}

func writeObject(to *strings.Builder, value map[string]any) error {
	names := make([]string, 0, len(value))
	for name := range value {
		names = append(names, name)
	}
	// RFC 8785, section 3.2.3: by UTF-16 code units.
	sort.Slice(names, func(one, other int) bool {
		left, right := utf16.Encode([]rune(names[one])), utf16.Encode([]rune(names[other]))
		for place := 0; place < len(left) && place < len(right); place++ {
			if left[place] != right[place] {
				return left[place] < right[place]
			}
		}
		return len(left) < len(right)
	})
	to.WriteByte('{')
	for index, name := range names {
		if index > 0 {
			to.WriteByte(',')
		}
		writeString(to, name)
		to.WriteByte(':')
		if err := writeCanonical(to, value[name]); err != nil {
			return err
		}
	}
	to.WriteByte('}')
	return nil
}

func writeString(to *strings.Builder, text string) {
	short := map[rune]string{
		'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`,
	}
	to.WriteByte('"')
	for _, letter := range text {
		if escaped, found := short[letter]; found {
			to.WriteString(escaped)
		} else if letter < 0x20 {
			fmt.Fprintf(to, `\u%04x`, letter)
		} else {
			to.WriteRune(letter)
		}
	}
	to.WriteByte('"')
}
