// Package web is the pages for people: server-rendered, whole without JavaScript, in plain words. It holds no data: it
// signs people in at their council's OIDC issuer, gets their passport, and calls the other services.
//
// The ground of every page is in page; the rooms desk (Referral Team), team (Family Facing Team), find, administration
// and guardian hold the pages of one audience each.
package web
