package up

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kithcare/kith/services/directory"
	"github.com/kithcare/kith/services/directory/description"
)

// seed fills an authority's database with its description and its invented past.
func seed(ctx context.Context, owner *pgx.Conn, a *description.Authority, now time.Time) error {
	_, err := directory.Import(ctx, owner, a, "kith up", now)
	return err
}
