package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A policy says whose signature and which cosignatures a checkpoint needs (c2sp.org/tlog-policy).
type policy struct {
	logs      []verifierKey
	witnesses map[string]verifierKey
	groups    map[string]group
	quorum    string
}

type group struct {
	threshold int
	members   []string
}

func readPolicy(data []byte) (policy, error) {
	read := policy{witnesses: map[string]verifierKey{}, groups: map[string]group{}}
	used := map[string]bool{}
	if len(data) == 0 || data[len(data)-1] != '\n' {
		return read, fmt.Errorf("the policy does not end with a line feed")
	}
	for number, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		words := strings.FieldsFunc(line, func(letter rune) bool { return letter == ' ' || letter == '\t' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := read.take(words, used); err != nil {
			return read, fmt.Errorf("line %d of the policy: %w", number+1, err)
		}
	}
	if read.quorum == "" {
		return read, fmt.Errorf("the policy has no line quorum")
	}
	return read, nil
}

func (p *policy) take(words []string, used map[string]bool) error {
	switch keyword := words[0]; {
	case keyword == "log" && (len(words) == 2 || len(words) == 3):
		key, err := readVerifierKey(words[1])
		if err != nil {
			return err
		}
		if key.kind != typeNote {
			return fmt.Errorf("the key of a log is of type 0x01")
		}
		for _, other := range p.logs {
			if string(other.public) == string(key.public) {
				return fmt.Errorf("the same key twice")
			}
		}
		p.logs = append(p.logs, key)
		return nil
	case keyword == "witness" && (len(words) == 3 || len(words) == 4):
		return p.takeWitness(words[1], words[2])
	case keyword == "group" && len(words) >= 4:
		return p.takeGroup(words[1], words[2], words[3:], used)
	case keyword == "quorum" && len(words) == 2:
		if p.quorum != "" {
			return fmt.Errorf("a second quorum")
		}
		if words[1] != "none" && !p.knows(words[1]) {
			return fmt.Errorf("%s is not defined above", words[1])
		}
		p.quorum = words[1]
		return nil
	}
	return fmt.Errorf("not understood: %.60q", strings.Join(words, " "))
}

func (p *policy) knows(name string) bool {
	_, isWitness := p.witnesses[name]
	_, isGroup := p.groups[name]
	return isWitness || isGroup
}

func (p *policy) takeWitness(name, text string) error {
	key, err := readVerifierKey(text)
	if err != nil {
		return err
	}
	if key.kind == typeNote || name == "none" || p.knows(name) {
		return fmt.Errorf("not a witness of its own: %s", name)
	}
	for _, other := range p.witnesses {
		if string(other.public) == string(key.public) {
			return fmt.Errorf("the same key twice")
		}
	}
	p.witnesses[name] = key
	return nil
}

func (p *policy) takeGroup(name, rule string, members []string, used map[string]bool) error {
	if name == "none" || p.knows(name) {
		return fmt.Errorf("not a group of its own: %s", name)
	}
	for _, member := range members {
		if !p.knows(member) || used[member] {
			return fmt.Errorf("%s is not defined above, or a member already", member)
		}
		used[member] = true
	}
	threshold, err := strconv.Atoi(rule)
	if rule == "any" || rule == "all" {
		threshold, err = map[string]int{"any": 1, "all": len(members)}[rule], nil
	}
	if err != nil || threshold < 1 || threshold > len(members) {
		return fmt.Errorf("a group needs all, any, or 1 to %d of its members", len(members))
	}
	p.groups[name] = group{threshold, members}
	return nil
}

func (p *policy) keys() []verifierKey {
	var keys []verifierKey
	for _, key := range p.witnesses {
		keys = append(keys, key)
	}
	return keys
}

// isMet says whether these cosignatures are enough.
func (p *policy) isMet(times map[string]uint64) bool {
	return p.quorum == "none" || p.holds(p.quorum, times)
}

func (p *policy) holds(name string, times map[string]uint64) bool {
	if key, isWitness := p.witnesses[name]; isWitness {
		_, hasSigned := times[key.text]
		return hasSigned
	}
	count := 0
	for _, member := range p.groups[name].members {
		if p.holds(member, times) {
			count++
		}
	}
	return count >= p.groups[name].threshold
}
