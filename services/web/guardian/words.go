package guardian

import (
	"net/url"
	"strings"

	"github.com/kithcare/kith/services/web/page"
)

// nextPage is the address of a list's next page; empty on the last.
func nextPage(path, token string) string {
	if token == "" {
		return ""
	}
	return path + "?page=" + url.QueryEscape(token)
}

// listed are people's names in one line.
func listed(people []string, names page.Names) string {
	all := make([]string, 0, len(people))
	for _, p := range people {
		all = append(all, names[p])
	}
	return strings.Join(all, ", ")
}

// method is a call's name without its package: "GetFamily".
func method(full string) string { return full[strings.LastIndexByte(full, '/')+1:] }
