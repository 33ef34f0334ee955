package browser

import (
	"bytes"
	"strings"
	"sync"
)

// Log is what a platform wrote.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a line.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// String is all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *Log) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Len()
}

// warnings are the last lines after a place in it that are for somebody who looks for a fault.
func (l *Log) warnings(after int) string {
	var found []string
	for line := range strings.Lines(l.String()[after:]) {
		if !strings.Contains(line, "level=INFO") && !strings.Contains(line, "level=DEBUG") {
			found = append(found, line)
		}
	}
	return strings.Join(found[max(0, len(found)-10):], "")
}
