// Package pages holds the pages to what they promise people, in a real browser and by plain HTTP, against the whole
// platform. One file is one audience or one promise; what they stand on is in browser.
package pages
