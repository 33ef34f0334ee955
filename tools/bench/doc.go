// Command bench measures Kith against its promises of speed and prints one table.
//
//	bench [-only receive,latency,queue,start] [-quick] [-runs 5] [-data FOLDER]
//	bench -profile FILE
//	bench bare -listen ADDRESS -database URL
//
// Ratios are of two things measured in turn (A B A B …) on this machine; the table shows the median of the runs, and what
// a target misses it says. PostgreSQL writes to the disk as in use (fsync on). `kith up` is built from the tree and runs
// as a child, and so does the bare handler that it is held against; the load comes from this process. Where a run fails
// the exit status is not 0; a missed target is no failure.
package main
