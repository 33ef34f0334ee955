package guard

import (
	"github.com/google/uuid"
	"github.com/riverqueue/river"
)

// TellJob is the job of telling the guardians of a use, for a round made by a test.
func TellJob(glass uuid.UUID) *river.Job[tellArgs] {
	return &river.Job[tellArgs]{Args: tellArgs{Glass: glass}}
}
