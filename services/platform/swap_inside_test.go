package platform_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/kithcare/kith/api/kith/directory/v1"
	"github.com/kithcare/kith/services/platform/try"
)

// TestNoIdInsideARequestIsOfAnotherAuthority names the other authority's people, teams and partners where a request holds
// a whole one, as its own and under our name.
func TestNoIdInsideARequestIsOfAnotherAuthority(t *testing.T) {
	t.Parallel()
	theirs := last(kith.Person(t, try.Hammersmith, "oksana-hrytsenko"))
	before := theirVersions(t)
	save := func(call string, req, answer proto.Message) {
		t.Helper()
		err := kith.Conn(t, "web", "directory").Invoke(kith.At(t, "web", try.Kensington, administrator(t)), "/kith.directory.v1.AdministrationService/"+call, req, answer)
		if err == nil {
			t.Errorf("%s was answered: %v", call, req)
		}
	}
	for _, authority := range []string{"authorities/" + try.Hammersmith, "authorities/" + try.Kensington} {
		person := authority + "/people/" + theirs
		save("SavePerson", &directoryv1.SavePersonRequest{Parent: "authorities/" + try.Kensington, RequestId: uuid.NewString(), Person: &directoryv1.DirectoryPerson{
			Name: person, Title: marker, Subject: "kc:" + marker, Email: "x@kc.example", FullTimeThousandths: 1, Etag: "1",
		}}, &directoryv1.SavePersonResponse{})
		save("SeatPeople", &directoryv1.SeatPeopleRequest{Team: "authorities/" + try.Kensington + "/teams/chelsea", People: []string{person}, RequestId: uuid.NewString()},
			&directoryv1.SeatPeopleResponse{})
		save("EndSeat", &directoryv1.EndSeatRequest{Team: "authorities/" + try.Kensington + "/teams/chelsea", Person: person, Since: &timestamppb.Timestamp{}, RequestId: uuid.NewString()},
			&directoryv1.EndSeatResponse{})
		save("SaveTeam", &directoryv1.SaveTeamRequest{RequestId: uuid.NewString(), Team: &directoryv1.DirectoryTeam{
			Name: authority + "/teams/fulham", Title: marker, Kind: directoryv1.TeamKind_TEAM_KIND_FAMILY_FACING, Phone: "020 7946 0555", Etag: "1",
		}}, &directoryv1.SaveTeamResponse{})
		save("SavePartner", &directoryv1.SavePartnerRequest{RequestId: uuid.NewString(), Partner: &directoryv1.DirectoryPartner{
			Name: authority + "/partners/secondary-school", Title: marker, SourceCode: "2A", Etag: "1",
		}}, &directoryv1.SavePartnerResponse{})
	}
	if after := theirVersions(t); after != before {
		t.Errorf("the other authority's versions were %s and are %s", before, after)
	}
}

func theirVersions(t *testing.T) (text string) {
	t.Helper()
	kith.Owner(t, try.Hammersmith, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT (SELECT sum(version) FROM directory.person) || ' ' || (SELECT sum(version) FROM directory.team) || ' ' ||
			(SELECT sum(version) FROM directory.partner) || ' ' || (SELECT count(*) FROM directory.membership)`).Scan(&text)
	})
	return text
}
