package pg_test

import (
	"time"
	"unsafe"
)

// reading is how Go keeps a time that has a monotonic reading: see the type Time in its package.
type reading struct {
	wall uint64
	ext  int64
	loc  *time.Location
}

// jump moves a reading's wall clock and leaves its monotonic one, as setting a machine's clock does. There is no other way
// to make one: every calculation of the package moves both.
func jump(t time.Time, by time.Duration) time.Time {
	const monotonic, seconds, nanoseconds = 1 << 63, 30, 1<<30 - 1
	r := *(*reading)(unsafe.Pointer(&t))
	if r.wall&monotonic == 0 {
		return t.Add(by)
	}
	since := time.Duration(r.wall<<1>>(seconds+1))*time.Second + time.Duration(r.wall&nanoseconds) + by
	r.wall = monotonic | uint64(since/time.Second)<<seconds | uint64(since%time.Second)
	return *(*time.Time)(unsafe.Pointer(&r))
}
