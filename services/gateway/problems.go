package gateway

// reason is a problem's reason, for those who write a partner's system.
type reason struct {
	Name string
	// Status is the HTTP status it comes with.
	Status  int
	Meaning string
}

// reasons are all that a call can be answered with, in the order in which a caller meets them. Every reason that a
// service gives has a line here.
func reasons() []reason {
	return append(formReasons(), append(callerReasons(), serviceReasons()...)...)
}

func formReasons() []reason {
	return []reason{
		{"METHOD_NOT_ALLOWED", 405, "The path does not take this HTTP method; the header Allow says what it takes."},
		{"UNSUPPORTED_MEDIA_TYPE", 415, "Send the body as application/json in UTF-8, not compressed."},
		{"TOO_LARGE", 413, "A body may have 1 MiB at most."},
		{"NOT_JSON", 400, "The body, or the query, can't be read. The detail says where it breaks."},
		{"NOT_UTF8", 400, "The text is not valid UTF-8."},
		{"TOO_DEEP", 400, "Objects and lists lie too deep in each other."},
		{"UNKNOWN_FIELD", 400, "The method has no such field. Nothing was taken, so that nothing told gets lost unseen. Names are as in the OpenAPI document."},
		{"DUPLICATE_KEY", 400, "A key is there twice, and which one is meant can't be known."},
		{"WRONG_TYPE", 400, "A field holds another kind of value than it should; the detail says which is right."},
		{"NUL", 400, "A text holds the character NUL (U+0000), which can't be kept."},
		{"KEY_MISSING", 400, "Send the header Idempotency-Key: a new value for every new thing, the same on every retry."},
		{"HEADER_MALFORMED", 400, "A header can't be taken as it is; the detail says what is right."},
		{"INVALID", 400, "A field can't be taken as it is; the detail says what is right."},
	}
}

func callerReasons() []reason {
	return []reason{
		{"UNAUTHENTICATED", 401, "There is no access token, or none that is valid now for this authority. Get a new one from the authority's issuer."},
		{"SCOPE_MISSING", 403, "The token does not have the scope that this call needs."},
		{"NOT_FOUND", 404, "There is nothing here, or nothing that you may see: both look the same."},
		{"RATE_LIMITED", 429, "Too many calls in a short time. Wait as long as Retry-After says. A contact is never refused for this."},
		{"BUSY", 503, "There are more calls at the moment than can be taken. Nothing was taken; send it again after Retry-After."},
		{"UNAVAILABLE", 503, "A part does not answer at the moment. Send the same call with the same key again after Retry-After."},
		{"TOO_SLOW", 504, "It took too long, and may or may not have been done. Send the same call with the same key again: it is done once."},
		{"CANCELLED", 499, "The caller gave up. Send the same call with the same key again: it is done once."},
		{"TRY_AGAIN", 409, "Somebody else was at it at the same moment. Send it again."},
		{"INTERNAL", 500, "Something went wrong on our side. Sending the same call with the same key again is safe."},
		{"CALLER_NOT_LISTED", 403, "This part of the installation may not make this call. It is the operator's to mend."},
		{"OTHER_ENTRY", 403, "The call came by another way in than its passport is for. It is the operator's to mend."},
		{"ENTRY_POINT", 403, "This part of the installation may not ask for such a passport. It is the operator's to mend."},
	}
}

func serviceReasons() []reason {
	return []reason{
		{"KEY_REUSED", 422, "The Idempotency-Key was used before with another body. Nothing was taken. Use a new key for a new thing."},
		{"CHANGED", 409, "It was changed after you read it. The facts say by whom and give the current etag; read it again and decide anew."},
		{"NOT_REFERRAL_TEAM", 403, "Only members of the Referral Team do this."},
		{"NEEDS_PATCH", 422, "No team is known for this child yet. Choose its patch first."},
		{"PROPOSED_VERSION", 422, "This is fuller text for another contact. Accept it, or make it a contact of its own, first."},
		{"NOT_PROPOSED", 422, "This is no proposed new version, or no longer one."},
		{"CLOSED", 422, "The contact is closed; nothing can be changed on it."},
		{"NO_RECEIPT_DUE", 422, "The child's outcome needs no receipt."},
		{"ALREADY_CONFIRMED", 422, "The receipt is confirmed already."},
		{"ALREADY_TAKEN_BACK", 422, "The referrer took it back already."},
		{"NO_DANGER_OPEN", 422, "There is no immediate danger to take note of, or somebody has done so."},
		{"NOT_A_SERVICE", 403, "Only another service of the installation asks for this."},
		{"EVENT_UNREADABLE", 422, "An event between two services can't be read. It waits for the operator, and nothing is lost."},
		{"CHILD_NOT_IN_CONTACT", 422, "An event names a child that its contact does not have. It waits for the operator, and nothing is lost."},
		{"NOT_STAFF", 403, "Only people of the authority see this."},
		{"NOT_A_MEMBER", 403, "Only members of the team that works with the family do this."},
		{"NOT_A_PRESENT_MEMBER", 422, "The person has no seat in the team now."},
		{"SAME_PERSON", 422, "Worker and cover must be two people."},
		{"NOT_AWAITING_ALLOCATION", 422, "The family does not wait for allocation."},
		{"NOT_ALLOCATED", 422, "The family has no worker yet: allocate it first."},
		{"NOTHING_CHANGES", 422, "It is so already."},
		{"NOT_A_FAMILY_FACING_TEAM", 422, "Only a Family Facing Team can receive a family."},
		{"SAME_TEAM", 422, "The family is with this team already."},
		{"NOT_OPEN", 422, "The family is closed or withdrawn."},
		{"NOT_URGENT", 422, "There is no strategy discussion to take note of."},
		{"ALREADY_ACKNOWLEDGED", 422, "Somebody has taken note of it already."},
		{"NOT_REVISED", 422, "There is no revision of the screening to settle for this child."},
		{"NOT_DESCRIBED", 422, "The authority's directory has not been imported yet."},
		{"NOT_GUARDIAN", 403, "Only a Caldicott guardian does this; administrators too read the audit trail."},
		{"NOBODY_LEFT", 422, "A restriction has to leave at least one present member of the family's team who sees it. Name one."},
		{"NOBODY_NAMED", 422, "The family is restricted, and nobody of the receiving team is named. A Caldicott guardian names one first."},
		{"NOT_RESTRICTED", 422, "The family is not restricted, or no longer."},
		{"NOT_NEEDED", 422, "You work with this family and see it without breaking the glass."},
		{"OWN_USE", 422, "Nobody reviews their own use of break-glass. Another Caldicott guardian does."},
		{"ALREADY_REVIEWED", 422, "A guardian has reviewed it already."},
		{"NO_CALL_BACK_SECRET", 422, "The installation has no call-back secret; its operator sets KITH_CALL_BACK_SECRET."},
		{"NOT_ADMINISTRATOR", 403, "Only administrators of the authority's installation do this."},
	}
}
