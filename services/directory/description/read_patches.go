package description

// places are the files beside the description, each with the line that names it.
type places struct {
	postcodes, boundaries, wardName line
}

// patchLines is a patch with the line of each of its wards, until the boundary file has been read.
type patchLines struct {
	team  string
	wards []line
}

func (x *reading) readPlaces(e *entry) {
	x.places = places{
		postcodes:  placeLine(e, "postcodes", aPlace),
		boundaries: placeLine(e, "boundaries", aPlace),
		wardName:   placeLine(e, "ward_name", aProperty),
	}
	if x.places.wardName.text == "" {
		x.places.wardName.text = "WD13NM"
	}
	e.finish()
}

// placeLine is a field and where it stands; nowhere (0) when it is left out.
func placeLine(e *entry, name string, fits Form) line {
	if e.find(name) == nil {
		return line{}
	}
	return line{text: e.optional(name, fits), at: e.at(name)}
}

func (x *reading) readPatch(e *entry) {
	patch := Patch{Team: e.text("team", AKey)}
	before := len(x.doc.problems)
	patch.Districts = textsOf(e.texts("districts", ReadDistrict))
	patch.Sectors = textsOf(e.texts("sectors", ReadSector))
	patch.Postcodes = textsOf(e.texts("postcodes", ReadPostcode))
	wards := e.texts("wards", func(s string) (string, string) { return s, Words(300, false)(s) })
	patch.Wards = textsOf(wards)
	if !e.absent && len(patch.Districts)+len(patch.Sectors)+len(patch.Postcodes)+len(wards) == 0 && len(x.doc.problems) == before {
		x.doc.problem(e.line, "The patch covers nothing: it needs districts, sectors, postcodes or wards.")
	}
	if len(wards) > 0 && (x.places.boundaries.at == 0 || x.places.postcodes.at == 0) {
		x.doc.problem(e.at("wards"), "Wards can only be used when `places` names the files `boundaries` and `postcodes`.")
	}
	e.finish()
	if x.known(e, "team", "team", patch.Team) {
		if kind := x.kinds[patch.Team]; kind != FamilyFacing && kind != "" {
			x.doc.problem(e.at("team"), "The team `%s` is not family_facing, so it can't have a patch.", patch.Team)
		}
		x.unique(e, "team", "patch of team", patch.Team)
	}
	x.authority.Patches = append(x.authority.Patches, patch)
	x.patches = append(x.patches, patchLines{team: patch.Team, wards: wards})
}

func textsOf(lines []line) []string {
	var texts []string
	for _, l := range lines {
		texts = append(texts, l.text)
	}
	return texts
}
