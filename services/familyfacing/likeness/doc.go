// Package likeness is what somebody is found by, however it is spelt: names as words, sounds and slips of the pen, the
// place where they live, phone numbers, and the keys that an index holds of them. Whoever writes a person down and
// whoever looks for one use the same, so that both sides agree. It knows no database.
package likeness
