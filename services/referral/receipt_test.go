package referral

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawReceipt(t *rapid.T) string {
	values := rapid.SliceOfN(rapid.IntRange(0, len(symbols)-1), receiptLength-1, receiptLength-1).Draw(t, "values")
	return writeReceipt(append(values, checkSymbol(values)))
}

func TestReceiptCatchesEverySingleWrongSymbol(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plain := strings.ReplaceAll(drawReceipt(t), "-", "")
		for at := range plain {
			for _, wrong := range symbols {
				if byte(wrong) == plain[at] {
					continue
				}
				if _, ok := readReceipt(plain[:at] + string(wrong) + plain[at+1:]); ok {
					t.Fatalf("%s with %c at %d is taken", plain, wrong, at)
				}
			}
		}
	})
}

func TestReceiptCatchesEverySwapOfNeighbours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plain := strings.ReplaceAll(drawReceipt(t), "-", "")
		for at := range len(plain) - 1 {
			if plain[at] == plain[at+1] {
				continue
			}
			if _, ok := readReceipt(plain[:at] + plain[at+1:at+2] + plain[at:at+1] + plain[at+2:]); ok {
				t.Fatalf("%s with %d and %d swapped is taken", plain, at, at+1)
			}
		}
	})
}

func TestReceiptIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawReceipt(t)
		plain := strings.ReplaceAll(want, "-", "")
		for _, told := range []string{want, plain, strings.ToLower(want), " " + strings.ToLower(plain) + " ", strings.ReplaceAll(want, "-", " – ")} {
			if got, ok := readReceipt(told); !ok || got != want {
				t.Fatalf("%q is read as %q, %v; want %q", told, got, ok, want)
			}
		}
	})
	for _, told := range []string{"", "KRW", "KRW-4A7-29X", "KRW-4A7-29X62", "ΚRW-4A7-29X6", "0OI-1l5-BS8Z"} {
		if got, ok := readReceipt(told); ok {
			t.Errorf("%q is read as %q", told, got)
		}
	}
}

func TestNewReceiptsAreReadableAndDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	used := map[rune]bool{}
	for range 2000 {
		r := newReceipt()
		if got, ok := readReceipt(r); !ok || got != r || len(r) != 12 || r[3] != '-' || r[7] != '-' {
			t.Fatalf("a new receipt %q is read as %q, %v", r, got, ok)
		}
		if seen[r] {
			t.Fatalf("%q came twice", r)
		}
		seen[r] = true
		for _, one := range strings.ReplaceAll(r, "-", "") {
			used[one] = true
		}
	}
	if len(used) != 17 || len(symbols) != 17 {
		t.Errorf("%d symbols are used of %d", len(used), len(symbols))
	}
}
