package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// patience is how long a caller waits for an answer.
const patience = 30 * time.Second

// caller is one connection that sends one call after another. It does as little as possible, since whatever the load
// costs is taken from the servers that are measured.
type caller struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	out     []byte
}

// reply is what a call was answered.
type reply struct {
	status int
	// later says that a Retry-After came with it.
	later bool
	body  []byte
}

// post sends a contact under a key of its own and reads the answer. A connection that broke is opened anew for the next.
func (c *caller) post(token, key string, body []byte) (reply, error) {
	if c.conn == nil {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			return reply{}, err
		}
		c.conn, c.in = conn, bufio.NewReader(conn)
	}
	r, err := c.exchange(token, key, body)
	if err != nil {
		c.close()
	}
	return r, err
}

func (c *caller) exchange(token, key string, body []byte) (reply, error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return reply{}, err
	}
	c.out = append(c.out[:0], "POST /v1/authorities/"+authority+"/contacts HTTP/1.1\r\nHost: "...)
	c.out = append(c.out, c.address...)
	c.out = append(append(c.out, "\r\nAuthorization: Bearer "...), token...)
	c.out = append(append(c.out, "\r\nIdempotency-Key: "...), key...)
	c.out = append(c.out, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(body)), 10)
	c.out = append(append(c.out, "\r\n\r\n"...), body...)
	if _, err := c.conn.Write(c.out); err != nil {
		return reply{}, err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return reply{}, err
	}
	r := reply{status: answer.StatusCode, later: answer.Header.Get("Retry-After") != ""}
	if r.body, err = io.ReadAll(answer.Body); err != nil {
		return r, err
	}
	if answer.Close {
		c.close()
	}
	return r, nil
}

func (c *caller) close() {
	if c.conn != nil {
		// Nothing more is read from it or written to it.
		_ = c.conn.Close()
		c.conn = nil
	}
}

// unexpected is an answer that was not asked for.
func unexpected(r reply) error { return fmt.Errorf("answered %d: %s", r.status, r.body) }
