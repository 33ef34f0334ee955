// Package api_test holds what is true of all messages of the house.
package api_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/kithcare/kith/api/kith/audit/v1"
	_ "github.com/kithcare/kith/api/kith/directory/v1"
	_ "github.com/kithcare/kith/api/kith/eventlog/v1"
	_ "github.com/kithcare/kith/api/kith/familyfacing/v1"
	protectv1 "github.com/kithcare/kith/api/kith/protect/v1"
	_ "github.com/kithcare/kith/api/kith/referral/v1"
)

// house walks every message of the house.
func house(do func(protoreflect.MessageDescriptor)) {
	var walk func(protoreflect.MessageDescriptors)
	walk = func(all protoreflect.MessageDescriptors) {
		for i := range all.Len() {
			do(all.Get(i))
			walk(all.Get(i).Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(string(f.Package()), "kith.") {
			walk(f.Messages())
		}
		return true
	})
}

func protected(fd protoreflect.FieldDescriptor) bool {
	is, _ := proto.GetExtension(fd.Options(), protectv1.E_Protected).(bool)
	return is
}

// reaches gives the ways from a message to protected fields.
func reaches(m protoreflect.MessageDescriptor, path string, seen map[protoreflect.FullName]bool) (ways []string) {
	if seen[m.FullName()] {
		return nil
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		fd := m.Fields().Get(i)
		at := path + "." + fd.JSONName()
		if protected(fd) {
			ways = append(ways, at)
		}
		if fd.Message() != nil {
			ways = append(ways, reaches(fd.Message(), at, seen)...)
		}
	}
	return ways
}

// short are the messages that lists, events and trails are made of. One of them holds a field only where everybody who
// sees the list may see it.
func short(m protoreflect.MessageDescriptor) bool {
	name := string(m.Name())
	for _, kind := range []string{"Summary", "Event", "AuditRow", "Notice", "Suggestion"} {
		if strings.HasSuffix(name, kind) {
			return true
		}
	}
	return false
}

func TestNoSummaryReachesAProtectedField(t *testing.T) {
	t.Parallel()
	found := 0
	house(func(m protoreflect.MessageDescriptor) {
		if !short(m) {
			return
		}
		found++
		for _, way := range reaches(m, string(m.Name()), map[protoreflect.FullName]bool{}) {
			t.Errorf("%s is protected", way)
		}
	})
	if found < 6 {
		t.Errorf("only %d messages were looked at", found)
	}
}

// A list of anything else would be a way around.
func TestListsAreMadeOfSummaries(t *testing.T) {
	t.Parallel()
	lists := 0
	house(func(m protoreflect.MessageDescriptor) {
		if !strings.HasPrefix(string(m.Name()), "List") || !strings.HasSuffix(string(m.Name()), "Response") {
			return
		}
		lists++
		for _, way := range reaches(m, string(m.Name()), map[protoreflect.FullName]bool{}) {
			t.Errorf("%s is protected", way)
		}
	})
	if lists < 6 {
		t.Errorf("only %d lists were looked at", lists)
	}
}

// The walk itself must find what is there, in the message and below it.
func TestWhatIsToldOfAChildIsProtected(t *testing.T) {
	t.Parallel()
	for name, some := range map[protoreflect.FullName]string{
		"kith.referral.v1.ReceiveContactRequest": ".told.", "kith.referral.v1.GetContactResponse": ".", "kith.familyfacing.v1.GetFamilyResponse": ".",
	} {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
		if err != nil {
			t.Error(err)
			continue
		}
		m, ok := d.(protoreflect.MessageDescriptor)
		if !ok {
			t.Errorf("%s is no message", name)
			continue
		}
		if ways := reaches(m, "", map[protoreflect.FullName]bool{}); !strings.Contains(strings.Join(ways, " "), some) {
			t.Errorf("%s reaches %q", name, ways)
		}
	}
}

// Events, notices and trails carry ids and codes: no field of theirs is named like a child's data.
func TestEventsHaveNoRoomForAChildsData(t *testing.T) {
	t.Parallel()
	d, err := protoregistry.GlobalFiles.FindDescriptorByName("kith.eventlog.v1.Event")
	if err != nil {
		t.Fatal(err)
	}
	m, ok := d.(protoreflect.MessageDescriptor)
	if !ok {
		t.Fatal("no message")
	}
	var fields []string
	for i := range m.Fields().Len() {
		fields = append(fields, string(m.Fields().Get(i).Name()))
	}
	if got := strings.Join(fields, " "); got != "position id type entity version facts at caused_by" {
		t.Errorf("an event carries %s: is a new field free of a child's data?", got)
	}
}
