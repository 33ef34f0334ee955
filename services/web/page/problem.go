package page

import (
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/kithcare/kith/pkg/fault"
)

// problemTitle is the heading of a page for something that can't be shown.
func problemTitle(v *Visit, f *fault.Fault) string {
	switch {
	case f.Code == codes.NotFound:
		return v.T("problem.nothing_here")
	case f.Code == codes.PermissionDenied:
		return v.T("problem.not_yours")
	case f.HTTPStatus() >= http.StatusInternalServerError:
		return v.T("problem.not_now")
	default:
		return v.T("problem.title")
	}
}

// problemText says what happened and what to do. What must not be known looks like what does not exist.
func problemText(v *Visit, f *fault.Fault) string {
	switch {
	case f.Code == codes.NotFound:
		return v.T("problem.nothing_here_text")
	case f.Reason == "NOT_OUR_FORM":
		return v.T("problem.foreign_form")
	case f.HTTPStatus() >= http.StatusInternalServerError:
		return v.T("problem.not_now_text")
	default:
		return v.sentence(f)
	}
}
