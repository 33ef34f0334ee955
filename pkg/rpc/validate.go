package rpc

import (
	"errors"
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kithcare/kith/pkg/fault"
)

// validate holds a message against the rules in its proto, and against what a database can hold: no NUL.
func (c *chain) validate(msg proto.Message) error {
	var invalid *protovalidate.ValidationError
	switch err := c.validator.Validate(msg); {
	case errors.As(err, &invalid) && len(invalid.Violations) > 0:
		v := invalid.Violations[0]
		return fault.Invalid(fieldName(protovalidate.FieldPathString(v.Proto.GetField())), v.Proto.GetMessage())
	case err != nil:
		return fmt.Errorf("validate: %w", err)
	}
	if field, found := findNUL(msg.ProtoReflect(), ""); found {
		return fault.Invalid(field, "must not contain the character NUL (U+0000)")
	}
	return nil
}

// fieldName turns told.birth_date into told.birthDate, as the field is called in JSON.
func fieldName(path string) string {
	var b strings.Builder
	up := false
	for _, r := range path {
		switch {
		case r == '_':
			up = true
		case up:
			b.WriteString(strings.ToUpper(string(r)))
			up = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func findNUL(m protoreflect.Message, path string) (found string, ok bool) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := path + fd.JSONName()
		switch {
		case fd.IsMap():
			found, ok = nulInMap(fd, v.Map(), at)
		case fd.IsList():
			for i := range v.List().Len() {
				if found, ok = nulIn(fd, v.List().Get(i), fmt.Sprintf("%s[%d]", at, i)); ok {
					return false
				}
			}
		default:
			found, ok = nulIn(fd, v, at)
		}
		return !ok
	})
	return found, ok
}

func nulInMap(fd protoreflect.FieldDescriptor, m protoreflect.Map, at string) (found string, ok bool) {
	m.Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		if ok = strings.IndexByte(k.String(), 0) >= 0; ok {
			found = at
			return false
		}
		// The key is the sender's own text, which no error repeats.
		found, ok = nulIn(fd.MapValue(), v, at)
		return !ok
	})
	return found, ok
}

func nulIn(fd protoreflect.FieldDescriptor, v protoreflect.Value, at string) (string, bool) {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return at, strings.IndexByte(v.String(), 0) >= 0
	case protoreflect.MessageKind:
		return findNUL(v.Message(), at+".")
	}
	return "", false
}

// resourceNames gives the request's own resource names: `authorities/…` in its top-level text fields.
func resourceNames(msg proto.Message) []string {
	m := msg.ProtoReflect()
	fields := m.Descriptor().Fields()
	var names []string
	for i := range fields.Len() {
		fd := fields.Get(i)
		if fd.Kind() != protoreflect.StringKind || fd.IsList() || fd.IsMap() {
			continue
		}
		if s := m.Get(fd).String(); strings.HasPrefix(s, "authorities/") {
			names = append(names, s)
		}
	}
	return names
}

// subjects are the resources that the request names, each in the form that an answered call's audit row has: the name
// authorities/a/contacts/1/children/2 gives contacts/1 and children/2. A resource of another authority keeps its whole
// name.
func subjects(authority string, msg proto.Message) []string {
	var all []string
	for _, name := range resourceNames(msg) {
		if name == "authorities/"+authority {
			continue
		}
		rest, own := strings.CutPrefix(name, "authorities/"+authority+"/")
		if !own {
			all = append(all, name)
			continue
		}
		parts := strings.Split(rest, "/")
		for i := 0; i+1 < len(parts); i += 2 {
			all = append(all, parts[i]+"/"+parts[i+1])
		}
	}
	return all
}

func authorityOf(name string) string {
	_, rest, _ := strings.Cut(name, "/")
	authority, _, _ := strings.Cut(rest, "/")
	return authority
}

// safe is an error's text for the log, without what a driver repeats of a row: details hold values.
func safe(err error) string {
	var db *pgconn.PgError
	if errors.As(err, &db) {
		return fmt.Sprintf("database: SQLSTATE %s, table %s, column %s, constraint %s, in %s", db.Code, db.TableName, db.ColumnName, db.ConstraintName, db.Routine)
	}
	var f *fault.Fault
	if errors.As(err, &f) && f.Unwrap() != nil {
		return f.Reason + ": " + safe(f.Unwrap())
	}
	if strings.Contains(err.Error(), "encode") {
		// The driver quotes a value that it can't encode.
		return "a value could not be encoded for the database"
	}
	return err.Error()
}
