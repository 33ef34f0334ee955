package up

import (
	"slices"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"github.com/stretchr/testify/require"
)

// Ready within 3 s on existing data, within 15 s on a first start, under 120 MB at rest. A machine that has other work
// gets twice that. It does not run beside the others, which would be measured as well.
func TestItStartsSoonAndRestsSmall(t *testing.T) {
	m, err := first()
	require.NoError(t, err)
	k := newKith(t, copied(t, place(t)))
	var starts, stops []time.Duration
	for range 5 {
		starts = append(starts, k.start(t))
		if len(starts) == 5 {
			break
		}
		took, err := k.stop()
		require.NoError(t, err)
		stops = append(stops, took)
	}
	pause(t.Context(), 2*time.Second)
	p, err := process.NewProcess(int32(k.cmd.Process.Pid))
	require.NoError(t, err)
	memory, err := p.MemoryInfo()
	require.NoError(t, err)
	took, err := k.stop()
	require.NoError(t, err)
	stops = append(stops, took)
	slices.Sort(starts)
	slices.Sort(stops)
	t.Logf("first start %s; start on existing data %s (median of %v); stop %s; %d MB resident at rest",
		m.took.Round(time.Millisecond), starts[2].Round(time.Millisecond), starts, stops[2].Round(time.Millisecond), memory.RSS>>20)
	require.Less(t, m.took, 2*15*time.Second)
	require.Less(t, starts[2], 2*3*time.Second)
	require.Less(t, memory.RSS>>20, uint64(2*120))
}
