// Package page is what every page stands on: who visits, forms that lose no words, the texts, the times as people say
// them, and the parts that pages are made of. The rooms of web (desk, team, find, …) hold the pages themselves.
//
// A page holds no data. A visit is a session's passport, taken for this request; forms carry everything that a repeated
// press needs, so that any copy of this service can answer it.
package page
