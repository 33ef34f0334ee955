package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	familyfacingv1 "github.com/kithcare/kith/api/kith/familyfacing/v1"
	referralv1 "github.com/kithcare/kith/api/kith/referral/v1"
)

// route is a gRPC method as REST: what its proto says, read once.
type route struct {
	// method is the full gRPC name.
	method string
	// operation is the method's name in the OpenAPI document.
	operation string
	// pattern is the path without anybody's ids: what may be logged.
	pattern string
	// inPath is the request's field that the path fills.
	inPath string
	// body describes the request's JSON; nil where there is none.
	body protoreflect.MessageDescriptor
	// notInBody are fields of body that come from elsewhere.
	notInBody map[protoreflect.Name]bool
	// query are the parameters by their JSON name.
	query map[string]protoreflect.FieldDescriptor
	// requestID and etag are the request's fields that headers fill; nil where it has none.
	requestID, etag protoreflect.FieldDescriptor
	// answer is the response's field that is sent; nil where all of it is. answerETag is that message's own etag.
	answer, answerETag protoreflect.FieldDescriptor
}

// contact says whether a worry about a child comes in here.
func (r *route) contact() bool {
	return r.method == referralv1.ReferralService_ReceiveContact_FullMethodName
}

// findRoutes reads the services' protos. The key is HTTP method and pattern.
func findRoutes() (map[string]*route, error) {
	routes := map[string]*route{}
	for _, file := range []protoreflect.FileDescriptor{
		directoryv1.File_kith_directory_v1_directory_proto,
		referralv1.File_kith_referral_v1_referral_proto,
		familyfacingv1.File_kith_familyfacing_v1_family_proto,
	} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				if err := addRoute(routes, service, service.Methods().Get(j)); err != nil {
					return nil, err
				}
			}
		}
	}
	return routes, nil
}

func addRoute(routes map[string]*route, service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor) error {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return nil
	}
	verb, pattern := http.MethodGet, rule.GetGet()
	if pattern == "" {
		verb, pattern = http.MethodPost, rule.GetPost()
	}
	if pattern == "" || len(rule.GetAdditionalBindings()) > 0 {
		return fmt.Errorf("gateway: %s must have one path, for GET or POST", method.FullName())
	}
	in, out := method.Input(), method.Output()
	r := &route{
		method:    fmt.Sprintf("/%s/%s", service.FullName(), method.Name()),
		operation: fmt.Sprintf("%s_%s", service.Name(), method.Name()),
		pattern:   pattern,
		requestID: in.Fields().ByName("request_id"),
		etag:      in.Fields().ByName("etag"),
		notInBody: map[protoreflect.Name]bool{}, query: map[string]protoreflect.FieldDescriptor{},
	}
	if rule.GetResponseBody() != "" {
		r.answer = out.Fields().ByName(protoreflect.Name(rule.GetResponseBody()))
		r.answerETag = r.answer.Message().Fields().ByName("etag")
	}
	if err := r.places(rule, in); err != nil {
		return err
	}
	routes[verb+" "+pattern] = r
	return nil
}

// places says where each field of the request comes from: the path, the body, a header, or the query.
func (r *route) places(rule *annotations.HttpRule, in protoreflect.MessageDescriptor) error {
	_, variable, _ := strings.Cut(r.pattern, "{")
	r.inPath, _, _ = strings.Cut(variable, "=")
	inPath := protoreflect.Name(r.inPath)
	switch rule.GetBody() {
	case "*":
		r.body = in
		r.notInBody[inPath] = true
		return supported(in)
	case "":
	default:
		r.body = in.Fields().ByName(protoreflect.Name(rule.GetBody())).Message()
		if err := supported(r.body); err != nil {
			return err
		}
	}
	for i := range in.Fields().Len() {
		fd := in.Fields().Get(i)
		if name := fd.Name(); name != inPath && string(name) != rule.GetBody() && name != "request_id" {
			r.query[fd.JSONName()] = fd
		}
	}
	return nil
}

// routeOf gives the route that the mux has chosen.
func (g *Gateway) routeOf(r *http.Request) *route {
	pattern, ok := runtime.HTTPPattern(r.Context())
	if !ok {
		return nil
	}
	return g.routes[r.Method+" "+pattern.String()]
}

// authorityOf reads the authority in a resource name: authorities/{authority}/….
func authorityOf(name string) string {
	_, rest, _ := strings.Cut(name, "/")
	authority, _, _ := strings.Cut(rest, "/")
	return authority
}

type probeKey struct{}

// isProbe says whether a request only asks if there is a method at its path.
func isProbe(ctx context.Context) bool { return ctx.Value(probeKey{}) != nil }

// allowed gives the HTTP methods that the path takes.
func (g *Gateway) allowed(r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		found := false
		probe := r.Clone(context.WithValue(r.Context(), probeKey{}, &found))
		probe.Method = method
		g.mux.ServeHTTP(nil, probe)
		switch {
		case found && method == http.MethodGet:
			methods = append(methods, method, http.MethodHead)
		case found:
			methods = append(methods, method)
		}
	}
	return methods
}

// probed tells a probe that there is a method at its path.
func probed(ctx context.Context) bool {
	found, ok := ctx.Value(probeKey{}).(*bool)
	if ok {
		*found = true
	}
	return ok
}
