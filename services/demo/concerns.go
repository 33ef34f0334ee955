package demo

import "strings"

// concern is one sort of worry that brings a family to a team. In the words, {child} is the first name of the child it is
// about, aged from least to most years, and {children} is how the referrer speaks of all of them.
type concern struct {
	source, organisation, role string
	least, most                int
	need                       string // CIN census primary need
	abuse                      string // CIN category of abuse, should it come to a plan
	urgent                     bool
	words, reason              string
}

// tell puts the family's people into the words.
func (c concern) tell(f Family, about int) string {
	all := "the child"
	if n := len(f.Children); n > 1 {
		all = []string{"both children", "all three children", "all four children"}[min(n, 4)-2]
	}
	return strings.NewReplacer(
		"{child}", f.Children[about].GivenName, "{children}", all, "{Children}", strings.ToUpper(all[:1])+all[1:],
	).Replace(c.words)
}

// anyHour says whether the referrer rings at night too.
func (c concern) anyHour() bool {
	return c.source == "6" || c.source == "3E" || c.source == "9" || c.organisation == ""
}

func concerns() []concern {
	return append(append(policeConcerns(), professionalConcerns()...), otherConcerns()...)
}

func policeConcerns() []concern {
	const police, role = "Metropolitan Police", "officer in the case"
	return []concern{
		{
			source: "6", organisation: police, role: role, least: 5, most: 15, need: "N1", abuse: "EMO",
			words:  "Called to an argument between the adults at the address at 23:40. {child} was on the stairs and had rung us. Shouting heard from the street, a door broken. {Children} seen, unhurt, very quiet. Third call since the summer.",
			reason: "Third call to domestic abuse with a child present; needs an assessment.",
		},
		{
			source: "6", organisation: police, role: role, least: 5, most: 15, need: "N1", abuse: "PHY", urgent: true,
			words:  "{child} came to the front office with a swollen wrist and said a grown-up at home had twisted it. Photographs taken. {child} does not want to go home tonight.",
			reason: "A disclosed injury by an adult at home; strategy discussion today.",
		},
		{
			source: "6", organisation: police, role: role, least: 12, most: 16, need: "N6", abuse: "NEG",
			words:  "{child} found at 02:15 with two older lads known to us, holding a bag that was not theirs. Would not say where the new trainers came from. Home thought {child} was in bed.",
			reason: "Signs of criminal exploitation; the parent asks for help.",
		},
		{
			source: "6", organisation: police, role: role, least: 11, most: 16, need: "N5", abuse: "NEG",
			words:  "Reported missing from home for the fourth time this month and found at a friend's. {child} says there is no peace at home since the new baby.",
			reason: "Missing four times in a month; the reasons are at home.",
		},
	}
}

func professionalConcerns() []concern {
	return []concern{
		{
			source: "2A", organisation: "a primary school", role: "designated safeguarding lead", least: 4, most: 10, need: "N1", abuse: "NEG",
			words:  "{child} is hungry on Mondays, wears the same clothes all week and has been late or absent 31 times since September. We have tried breakfast club and two meetings at home. It is getting worse.",
			reason: "Neglect over months in spite of early help.",
		},
		{
			source: "2A", organisation: "a secondary school", role: "head of year", least: 11, most: 15, need: "N4", abuse: "EMO",
			words:  "{child} told the form tutor about doing the cooking and the washing while mum is 'in bed for days', and falls asleep in lessons.",
			reason: "A young carer in a family under acute stress.",
		},
		{
			source: "2B", organisation: "education welfare service", role: "education welfare officer", least: 6, most: 15, need: "N5", abuse: "NEG",
			words:  "No school place taken up for {child} since the move. Four visits, nobody opens although voices are heard. The neighbour says {children} are rarely out.",
			reason: "Not in education and not seen since moving here.",
		},
		{
			source: "3A", organisation: "a general practice", role: "general practitioner", least: 0, most: 9, need: "N3", abuse: "NEG",
			words:  "Mother has stopped her medication and hears voices again. She says the voices are kind to {child}. I am worried what happens when they are not. She agreed that I ring you.",
			reason: "A parent's mental illness affects the children; she agrees to help.",
		},
		{
			source: "3B", organisation: "community health trust", role: "health visitor", least: 0, most: 1, need: "N1", abuse: "NEG",
			words:  "Weight of {child} has fallen from the 25th to below the 2nd centile in four months. Three appointments missed. At home there was no food in the fridge, and a bed without a mattress.",
			reason: "Faltering growth and missed appointments.",
		},
		{
			source: "3E", organisation: "an emergency department", role: "paediatric registrar", least: 0, most: 3, need: "N1", abuse: "PHY", urgent: true,
			words:  "{child} brought in with a bruise of the ear and a story that changed twice. The pattern does not fit a fall. We are keeping {child} until you call.",
			reason: "An unexplained injury; strategy discussion today.",
		},
		{
			source: "3F", organisation: "child and adolescent mental health service", role: "clinical nurse specialist", least: 4, most: 15, need: "N2", abuse: "EMO",
			words:  "{child} has autism and no short breaks since the carer left. Parents take turns to sleep. Father said he does not know how long he can go on.",
			reason: "A disabled child whose parents are at the end of their strength.",
		},
		{
			source: "7", organisation: "the probation service", role: "offender manager", least: 0, most: 14, need: "N1", abuse: "SAB",
			words:  "A man on my caseload with a condition not to live with children gave this address as where he stays at weekends. {child} and the mother may not know of his conviction.",
			reason: "A person who poses a risk may stay in the home.",
		},
	}
}

func otherConcerns() []concern {
	return []concern{
		{
			source: "4", organisation: "a housing association", role: "tenancy officer", least: 0, most: 15, need: "N7", abuse: "NEG",
			words:  "Eviction is set for the end of the month over arrears of £4,300. {Children} and two adults in one room, damp on every wall, no heating since October.",
			reason: "Homelessness is near and the children's health suffers.",
		},
		{
			source: "5D", organisation: "the early help hub", role: "family practitioner", least: 10, most: 15, need: "N5", abuse: "EMO",
			words:  "We have worked with the family for five months. The parents no longer open the door to each other's relatives or to us. {child} has begun to self-harm.",
			reason: "Early help is no longer enough.",
		},
		{
			source: "5A", organisation: "adult social care", role: "social worker for adults", least: 11, most: 15, need: "N3", abuse: "NEG",
			words:  "I support the father after his stroke. {child} does the lifting and the medicines since the mother went back to work nights. Nobody has asked what {child} needs.",
			reason: "A child cares for a disabled parent, beyond what a child should.",
		},
		{
			source: "1A", role: "grandmother", least: 1, most: 11, need: "N8", abuse: "NEG",
			words:  "My daughter has gone off again and left {child} with a neighbour I don't know. I can't get there with my hip. Somebody needs to look in.",
			reason: "A parent absent for days, no settled care.",
		},
		{
			source: "1B", role: "neighbour", least: 1, most: 8, need: "N1", abuse: "EMO",
			words:  "Screaming most nights through the wall, things thrown, then a child crying for an hour. I think {child} is the name. I don't want them to know it was me.",
			reason: "Repeated reports that fit what the school sees.",
		},
		{
			source: "9", least: 0, most: 15, need: "N1", abuse: "NEG",
			words:  "Not giving my name. People in and out of there day and night buying. {Children} in the middle of it.",
			reason: "Police information on the address supports the caller.",
		},
		{
			source: "8", organisation: "a refuge charity", role: "outreach worker", least: 4, most: 14, need: "N4", abuse: "EMO",
			words:  "Mother left him on Tuesday with {children} and one bag. She is staying where he does not know. He has rung the school twice asking for {child}.",
			reason: "A family that has fled violence needs safety and support.",
		},
	}
}
