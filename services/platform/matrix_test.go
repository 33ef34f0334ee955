package platform_test

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/kithcare/kith/pkg/fault"
	"github.com/kithcare/kith/services/platform"
)

// descriptor finds a method by its full name, such as /kith.referral.v1.ReferralService/GetContact.
func descriptor(t *testing.T, method string) protoreflect.MethodDescriptor {
	t.Helper()
	service, name, _ := cutLast(method[1:], '/')
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		t.Fatal(err)
	}
	return found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(name))
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == sep {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func message(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

// TestExactlyTheListedCellsPass calls every method of every service with every service's certificate. The list is read
// from the map only to know the methods; who passes is what the certificate check answers.
func TestExactlyTheListedCellsPass(t *testing.T) {
	t.Parallel()
	cells := 0
	for _, service := range platform.Map() {
		for method, access := range service.Access() {
			m := descriptor(t, method)
			if m.IsStreamingServer() {
				continue
			}
			for _, caller := range platform.Names() {
				cells++
				answer := message(t, m.Output())
				err := kith.Conn(t, caller, service.Name).Invoke(t.Context(), method, message(t, m.Input()), answer)
				passed := fault.From(err).Reason != "CALLER_NOT_LISTED"
				if err == nil {
					passed = true
				}
				if passed != slices.Contains(access.Callers, caller) {
					t.Errorf("%s calls %s: passed=%v, listed=%v (%v)", caller, method, passed, !passed, err)
				}
			}
		}
	}
	if cells < 400 {
		t.Errorf("only %d cells were tried", cells)
	}
}

// TestAnUnservedMethodIsRefused asks for something that no list names.
func TestAnUnservedMethodIsRefused(t *testing.T) {
	t.Parallel()
	for _, service := range platform.Names() {
		for _, method := range []string{"/kith.referral.v1.ReferralService/DropEverything", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"} {
			m := descriptor(t, "/grpc.health.v1.Health/Check")
			err := kith.Conn(t, "gateway", service).Invoke(t.Context(), method, message(t, m.Input()), message(t, m.Output()))
			if status.Code(err) != codes.Unimplemented {
				t.Errorf("%s %s: %v", service, method, err)
			}
		}
	}
}

// TestEveryCallNeedsAPassport calls every method that is not listed as open without one.
func TestEveryCallNeedsAPassport(t *testing.T) {
	t.Parallel()
	for _, service := range platform.Map() {
		for method, access := range service.Access() {
			if access.WithoutPassport {
				continue
			}
			m := descriptor(t, method)
			err := kith.Conn(t, access.Callers[0], service.Name).Invoke(context.Background(), method, message(t, m.Input()), message(t, m.Output()), grpc.WaitForReady(true))
			if status.Code(err) != codes.Unauthenticated {
				t.Errorf("%s without a passport: %v", method, err)
			}
		}
	}
}

// TestOpenCallsAreFew names every call that carries no passport, so that a new one is noticed.
func TestOpenCallsAreFew(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"/kith.directory.v1.DirectoryService/IssuePassport", "/kith.directory.v1.DirectoryService/GetPassportKeys",
		"/kith.directory.v1.SessionService/FindSignIn", "/kith.directory.v1.SessionService/BeginSession",
		"/kith.directory.v1.SessionService/ListSessions", "/kith.directory.v1.SessionService/EndSession",
		"/kith.eventlog.v1.EventLogService/PullEvents",
		"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/List",
	}
	for _, service := range platform.Map() {
		for method, access := range service.Access() {
			if access.WithoutPassport && !slices.Contains(allowed, method) {
				t.Errorf("%s carries no passport", method)
			}
		}
	}
}
