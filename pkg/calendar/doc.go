// Package calendar knows England's working days and the clocks that law and guidance set for
// children's services.
//
// All of it is reckoned in Europe/London, whatever the location of the times that are passed in;
// every time returned is in Europe/London. A limit of one working day ends at a time of day
// ([OneWorkingDay]); longer limits end with a day, and their result is the local midnight that ends
// it, so that a thing is in time strictly before the result ([EndOfWorkingDays], [EndOfMonths],
// [EndOfWeeks], [Clock.Due]).
//
// Clock changes. England's clocks change on Sundays, so a deadline on a working day always has a
// local time that exists once. For the others, such as a date some months away, a local time that
// occurs twice means the first of the two, and one that is skipped means the same distance after
// the change (01:30 becomes 02:30): never later than a reader of the clock on the wall expects, and
// never before the change.
//
// Nothing here reads the present time.
package calendar
