package gateway

import (
	"errors"
	"io"
	"reflect"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// marshaler is protojson: camelCase names, enums by name, nothing for what is empty, unknown fields refused.
type marshaler struct{ *runtime.JSONPb }

func newMarshaler() marshaler {
	return marshaler{&runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{},
		UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
	}}
}

// Marshal writes a message without the copy that the general way makes.
func (m marshaler) Marshal(v any) ([]byte, error) {
	if message, ok := v.(proto.Message); ok {
		return m.MarshalOptions.Marshal(message)
	}
	return m.JSONPb.Marshal(v)
}

// NewDecoder reads a body that checkForm has passed, from where it lies.
func (m marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		b, ok := r.(*body)
		if !ok {
			return errors.New("the body was not checked")
		}
		text := b.text
		b.at = len(text)
		if len(text) == 0 {
			// An empty body says what {} says.
			text = []byte("{}")
		}
		return m.Unmarshal(text, v)
	})
}

// Unmarshal reads a message, or makes the one that a field of the request points to. The general way reads the text three
// times for that.
func (m marshaler) Unmarshal(text []byte, v any) error {
	message, ok := v.(proto.Message)
	if field := reflect.ValueOf(v); !ok && field.Kind() == reflect.Pointer && field.Elem().Kind() == reflect.Pointer {
		made := reflect.New(field.Elem().Type().Elem())
		if message, ok = made.Interface().(proto.Message); ok {
			field.Elem().Set(made)
		}
	}
	if !ok {
		return m.JSONPb.Unmarshal(text, v)
	}
	return m.UnmarshalOptions.Unmarshal(text, message)
}
