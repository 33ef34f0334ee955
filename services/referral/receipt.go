package referral

import (
	"crypto/rand"
	"strings"
	"unicode"
)

// symbols are letters and digits that are not mistaken for one another, on paper or on the phone. There are 17 of them,
// a prime, so that the check finds every single wrong symbol and every swap of two neighbours.
const symbols = "2346789ACHJKLRWXY"

// receiptLength is nine symbols by chance and one that checks them.
const receiptLength = 10

// newReceipt makes a receipt by chance, such as KRW-4A7-29X6.
func newReceipt() string {
	values := make([]int, 0, receiptLength)
	for one := make([]byte, 1); len(values) < receiptLength-1; {
		// It never fails: it ends the process where the system has no randomness.
		_, _ = rand.Read(one)
		// 255 is 15 times 17, so that every symbol is as likely as another.
		if one[0] < 255 {
			values = append(values, int(one[0])%len(symbols))
		}
	}
	return writeReceipt(append(values, checkSymbol(values)))
}

// checkSymbol makes the sum of all values, each times its place from 1, divisible by 17.
func checkSymbol(values []int) int {
	sum := 0
	for i, v := range values {
		sum += (i + 1) * v
	}
	// 12 is the inverse of the last place's weight: 10 times 12 is 1 modulo 17.
	return (len(symbols) - sum%len(symbols)) * 12 % len(symbols)
}

func writeReceipt(values []int) string {
	var b strings.Builder
	for i, v := range values {
		if i == 3 || i == 6 {
			b.WriteByte('-')
		}
		b.WriteByte(symbols[v])
	}
	return b.String()
}

// readReceipt reads a receipt as somebody types or spells it: in small letters or capitals, with or without hyphens and
// spaces. It is not ok where a symbol is wrong, missing or in another's place.
func readReceipt(told string) (receipt string, ok bool) {
	values := make([]int, 0, receiptLength)
	for _, r := range told {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			continue
		}
		v := strings.IndexRune(symbols, unicode.ToUpper(r))
		if v < 0 || len(values) == receiptLength {
			return "", false
		}
		values = append(values, v)
	}
	if len(values) != receiptLength || checkSymbol(values[:receiptLength-1]) != values[receiptLength-1] {
		return "", false
	}
	return writeReceipt(values), true
}
