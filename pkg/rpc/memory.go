package rpc

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc/test/bufconn"
)

// Memory is a network inside one process.
type Memory struct {
	listeners map[string]*bufconn.Listener
}

// NewMemory makes a place for each service to listen at.
func NewMemory(services []string) *Memory {
	m := &Memory{listeners: make(map[string]*bufconn.Listener, len(services))}
	for _, s := range services {
		m.listeners[s] = bufconn.Listen(256 << 10)
	}
	return m
}

// Listener is where the service listens.
func (m *Memory) Listener(service string) net.Listener { return m.listeners[service] }

// Network reaches the services.
func (m *Memory) Network() Network {
	return Network{
		Target: func(service string) string { return "passthrough:///" + service },
		Connect: func(ctx context.Context, service string) (net.Conn, error) {
			l, ok := m.listeners[service]
			if !ok {
				return nil, fmt.Errorf("no service %s in this process", service)
			}
			return l.DialContext(ctx)
		},
	}
}
