package likeness

// The shortest keys of which a slip, or two, still leave the same name: shorter ones differ by a letter too often (Ana
// and Ava), and longer ones by two.
const (
	shortestSlip     = 4
	shortestTwoSlips = 8
	shortestSound    = 2
)

// Slips are a key and all that is left of it with one letter missing: two keys that are one slip of the pen apart (a letter
// changed, missing, added, or two neighbours swapped) have one of these in common.
func Slips(key string) []string {
	letters := []rune(key)
	slips := []string{key}
	if len(letters) < shortestSlip {
		return slips
	}
	for i := range letters {
		if i > 0 && letters[i] == letters[i-1] {
			continue
		}
		slips = append(slips, string(letters[:i])+string(letters[i+1:]))
	}
	return slips
}

// Near tells two keys that differ by a slip of the pen, or in longer ones by two.
func Near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	shorter := min(len(x), len(y))
	switch {
	case shorter < shortestSlip:
		return false
	case shorter < shortestTwoSlips:
		return distance(x, y, 1) <= 1
	}
	return distance(x, y, 2) <= 2
}

// SoundsLike tells two keys that are heard as the same and are not spelt all too differently: short sounds stand for many
// names.
func SoundsLike(a, b string) bool {
	sound := Sound(a)
	if len(sound) < shortestSound || sound != Sound(b) {
		return false
	}
	most := max(2, 2*max(len(a), len(b))/5)
	return distance([]rune(a), []rune(b), most) <= most
}

// distance is how many letters have to be changed, added, left out or swapped with their neighbour to make one text of the
// other; more than most where it is more than most.
func distance(a, b []rune, most int) int {
	if d := len(a) - len(b); d > most || -d > most {
		return most + 1
	}
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
