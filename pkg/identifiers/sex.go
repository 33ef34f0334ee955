package identifiers

import "strings"

const notASexCode = "not read as male, female or not known"

// SexCode reads a sex as the children in need census counts it: M, F, or U for not known (also told
// as "unborn", or by the older codes 1, 2, 0 and 9). What says something else, such as a gender
// identity, is put into none of them: the code is "" and the doubt says so.
func SexCode(told string) (code, doubt string) {
	told = strings.TrimSpace(told)
	switch strings.ToLower(strings.TrimSuffix(told, ".")) {
	case "m", "male", "boy", "man", "1":
		return "M", ""
	case "f", "female", "girl", "woman", "2":
		return "F", ""
	case "u", "unknown", "not known", "not yet known", "unborn", "indeterminate", "0", "9":
		return "U", ""
	}
	if told == "" {
		return "", ""
	}
	return "", notASexCode
}
