package likeness

import "strings"

// soundLength is as much of a sound as is kept: what comes behind tells endings apart, and those are what is misheard.
const soundLength = 8

// Sound is how an English ear hears a name, from its key (identifiers.NameKey): Okafor and Okaphour, Stewart and Stuart,
// Mohammed and Muhamad have one sound. Vowels count only where they begin a name, and voiced consonants as their voiceless
// ones, as in Philips' Metaphone, with what the names of London's families need besides. Names in other scripts have
// none: "".
func Sound(key string) string {
	if key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	h := hearing{letters: opening(key), end: true}
	for h.at = 0; h.at < len(h.letters) && h.sound.Len() < soundLength; h.at++ {
		h.take()
	}
	return h.sound.String()
}

// opening writes the silent letters at the beginning of a name as they are heard.
func opening(key string) string {
	for _, o := range [][2]string{{"kn", "n"}, {"gn", "n"}, {"pn", "n"}, {"wr", "r"}, {"ps", "s"}, {"wh", "w"}, {"x", "s"}} {
		if rest, found := strings.CutPrefix(key, o[0]); found {
			return o[1] + rest
		}
	}
	return key
}

// hearing goes through a name letter by letter.
type hearing struct {
	letters string
	at      int
	sound   strings.Builder
	last    byte
	// end says that the last sound is over, so that the same one may come again: a vowel stood between.
	end bool
}

func (h *hearing) letter(offset int) byte {
	if i := h.at + offset; 0 <= i && i < len(h.letters) {
		return h.letters[i]
	}
	return 0
}

// hear adds sounds and goes on behind as many more letters as they took.
func (h *hearing) hear(sounds string, more int) {
	for i := range len(sounds) {
		if h.end || sounds[i] != h.last {
			h.sound.WriteByte(sounds[i])
		}
		h.last, h.end = sounds[i], false
	}
	h.at += more
}

func (h *hearing) ahead(rest string) bool { return strings.HasPrefix(h.letters[h.at+1:], rest) }

func (h *hearing) take() {
	first := h.at == 0
	switch c := h.letter(0); c {
	case 'a', 'e', 'i', 'o', 'u':
		h.vowel(first)
	case 'y':
		if first && vowel(h.letter(1)) {
			h.hear("y", 0)
			return
		}
		h.vowel(first)
	case 'h':
		if first || vowel(h.letter(-1)) && vowel(h.letter(1)) {
			h.hear("h", 0)
		}
	case 'w':
		if first {
			h.hear("w", 0)
		}
	case 'b':
		if h.letter(-1) != 'm' || h.letter(1) != 0 {
			h.hear("p", 0)
		}
	case 'v':
		h.hear("f", 0)
	case 'q', 'k':
		h.hear("k", 0)
	case 'x':
		h.hear("ks", 0)
	case 'c', 'g', 's', 'z':
		h.hiss(c, first)
	case 'd', 't', 'p':
		h.stop(c)
	default:
		h.hear(string(c), 0)
	}
}

func (h *hearing) vowel(first bool) {
	if first {
		h.hear("a", 0)
	}
	h.end = true
}

// hiss takes the letters that are spoken in two ways.
func (h *hearing) hiss(c byte, first bool) {
	soft := strings.IndexByte("eiy", h.letter(1)) >= 0 && h.letter(1) != 0
	switch {
	case c == 's' && h.ahead("ch"):
		h.hear("x", 2)
	case (c == 's' || c == 'z') && h.ahead("h"), c == 's' && h.ahead("z"), c == 'c' && h.ahead("z"):
		h.hear("x", 1)
	case c == 's' && (h.ahead("ce") || h.ahead("ci") || h.ahead("cy")):
		h.hear("s", 1)
	case c == 's', c == 'z':
		h.hear("s", 0)
	case c == 'c' && h.ahead("hr"):
		h.hear("k", 1)
	case c == 'c' && h.ahead("h"):
		h.hear("x", 1)
	case c == 'c' && soft:
		h.hear("s", 0)
	case c == 'c':
		h.hear("k", 0)
	case h.ahead("h") && !first:
		h.at++
	case h.ahead("h"):
		h.hear("k", 1)
	case soft && h.letter(1) != 'i':
		h.hear("j", 0)
	default:
		h.hear("k", 0)
	}
}

// stop takes d, t and p.
func (h *hearing) stop(c byte) {
	switch {
	case c == 'd' && (h.ahead("ge") || h.ahead("gi") || h.ahead("gy")):
		h.hear("j", 1)
	case c == 't' && h.ahead("ch"):
		h.hear("x", 2)
	case c == 't' && h.ahead("h"):
		h.hear("t", 1)
	case c == 'd', c == 't':
		h.hear("t", 0)
	case h.ahead("h"):
		h.hear("f", 1)
	case h.letter(-1) == 'm' && (h.letter(1) == 's' || h.letter(1) == 't'):
		// Thompson is heard as Thomson.
	default:
		h.hear("p", 0)
	}
}

func vowel(c byte) bool { return c != 0 && strings.IndexByte("aeiouy", c) >= 0 }
