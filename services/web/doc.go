// Package web owns what people see in a browser: in this state of the platform a start page that says what runs here
// and where to go. It holds no data and must never show a child's.
package web
