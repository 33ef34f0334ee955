package identifiers

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	sameFirstName = "the same first name"
	firstPart     = "one first name is the beginning of the other"
	shortForm     = "one first name is a short form or another spelling of the other"
	sameLongForm  = "both first names are short forms or spellings of the same name"
	oneSlip       = "the first names differ by one letter, or by two that are swapped"

	shortestBeginning = 3 // letters; less begins too many names
	shortestSlip      = 4 // letters; shorter names differ by one letter too often (Ana and Ava)
)

// FirstNamesAlike tells whether two first names may be the same person's, and why: equal keys (see
// [NameKey]), one the beginning of the other, a well-known English short form or spelling, or one slip of the
// pen in names of four letters or more. The reason is a phrase for staff without the names
// themselves, "" where they are not alike. It is one piece of evidence: twins and siblings have
// names alike too.
func FirstNamesAlike(a, b string) (alike bool, reason string) {
	a, b = NameKey(a), NameKey(b)
	if utf8.RuneCountInString(a) > utf8.RuneCountInString(b) {
		a, b = b, a
	}
	switch {
	case a == "":
		return false, ""
	case a == b:
		return true, sameFirstName
	case utf8.RuneCountInString(a) >= shortestBeginning && strings.HasPrefix(b, a):
		return true, firstPart
	case slices.Contains(longForms()[a], b), slices.Contains(longForms()[b], a):
		return true, shortForm
	case slices.ContainsFunc(longForms()[a], func(long string) bool { return slices.Contains(longForms()[b], long) }):
		return true, sameLongForm
	case utf8.RuneCountInString(a) >= shortestSlip && oneSlipApart([]rune(a), []rune(b)):
		return true, oneSlip
	}
	return false, ""
}

// FirstNameForms are the well-known English short and long forms of a first name, and its other spellings, as keys (see
// [NameKey]); none for a name without any.
func FirstNameForms(name string) []string {
	name = NameKey(name)
	longs := longForms()[name]
	var forms []string
	for short, of := range longForms() {
		if short != name && (slices.Contains(of, name) || slices.ContainsFunc(of, func(long string) bool { return slices.Contains(longs, long) })) {
			forms = append(forms, short)
		}
	}
	forms = append(forms, longs...)
	slices.Sort(forms)
	return slices.Compact(forms)
}

// oneSlipApart tells whether b, which is not shorter than a and not equal to it, is a with one letter
// changed or added, or with two neighbours swapped.
func oneSlipApart(a, b []rune) bool {
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(b) == len(a)+1 {
		return slices.Equal(a[i:], b[i+1:])
	}
	if len(b) != len(a) || i == len(a) {
		return false
	}
	swapped := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
	return swapped || slices.Equal(a[i+1:], b[i+1:])
}

// shortForms are well-known English short forms, and spellings more than one slip away: the name,
// then its short forms.
const shortForms = `
abigail: abby abbie gail
albert: al bert bertie
alexander: al sandy sasha xander lex
alexandra: sandra sandy sasha lexi
alfred: alf alfie fred freddie
alison: ali
amelia: millie
andrew: drew andy
anthony: tony
archibald: archie
beatrice: bea trixie
catherine: kate katie kathy cathy kitty kathryn
katherine: kate katie kathy cathy kitty kathryn
charlotte: lottie charlie
christina: tina chrissie
christine: tina chrissie
christopher: kit topher
daniel: danny
deborah: debbie
dorothy: dot dotty dolly
edmund: ed eddie ted teddy ned
edward: ed eddie ted teddy ned
eleanor: ellie nell nellie nora
elizabeth: liz lizzie beth betty betsy bess libby eliza lisa elsie
emily: em millie
evelyn: evie
florence: flo flossie
francesca: fran frankie chess
francis: frank frankie
frances: fran frankie fanny
frederick: fred freddie freddy
gabriel: gabe
george: georgie
georgina: georgie gina
gerald: gerry jerry
grace: gracie
harold: harry hal
harriet: hattie harry
helen: nell nellie
henry: harry hal hank
hugh: hughie
isabel: izzy bella belle
isabella: izzy bella belle
jack: jackie
jacqueline: jackie
james: jim jimmy jamie jem
jane: janey janie
jennifer: jen jenny
jessica: jess jessie
john: jack johnny jon
jonathan: jon johnny jonny
joseph: jo joe joey
josephine: jo josie
joshua: josh
judith: judy
kenneth: ken kenny
lawrence: larry laurie
leonard: len lenny leo
lillian: lily
louisa: lou lulu
louise: lou lulu
lucy: lu lulu
madeleine: maddie maddy
margaret: maggie meg peggy peg daisy greta rita madge
martha: marty
mary: molly polly may mamie
matilda: tilly tilda mattie
matthew: matt matty
megan: meg
michael: mike mick mickey micky
muhammad: mo mohammed mohamed mohammad mohamad muhammed mohammod
natalie: nat
nathan: nat
nathaniel: nat nate
nicholas: nick nicky
nicola: nicky nikki
olivia: livvy liv ollie
oliver: ollie olly
pamela: pam
patricia: pat patsy tricia trish patty
patrick: paddy pat
penelope: penny
peter: pete
philip: pip
philippa: pip pippa
rachel: rach
rebecca: becky becca
richard: dick rick ricky dickie
robert: bob bobby rob robbie bert
ronald: ron ronnie
rosemary: rosie
samantha: sam sammy
samuel: sam sammy
sarah: sally sadie
sophia: sophie
sophie: soph
stephen: steve stevie steven
steven: steve stevie
susan: sue susie
susannah: sue susie
suzanne: sue susie
terence: terry
theodore: ted teddy theo
theresa: terry tess tessa
thomas: tom tommy
timothy: tim timmy
valerie: val
victoria: vicky tori
vincent: vince vinny
virginia: ginny
walter: wally
wilhelmina: mina billie
william: bill billy will willy liam
winifred: winnie freda
zachary: zack zac
`

// longForms gives the names that a key is a short form of. It is made once and never written again.
var longForms = sync.OnceValue(func() map[string][]string {
	longs := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(shortForms)) {
		long, shorts, _ := strings.Cut(strings.TrimSpace(line), ":")
		for _, short := range strings.Fields(shorts) {
			longs[short] = append(longs[short], long)
		}
	}
	return longs
})
