package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// told is the body of a contact, as encoding/json reads it.
type told struct {
	Source struct {
		Code, Organisation, Person, Role, Phone, Email, Reference string
	}
	Children []struct {
		Name, BirthDate, Age, Sex, NHSNumber, Address, Postcode, School, Description string
	}
	Adults []struct {
		Name, Phone   string
		Relationships []struct {
			Child        int
			Relationship string
		}
	}
	Worry, When, DoneSoFar string
	ImmediateDanger        bool
	Telling                struct{ ParentsTold, ParentsViews string }
	LawfulBasis            string
}

// bare is the handler that Kith is held against: net/http, encoding/json and pgx, and nothing else. It believes whatever
// it is sent, asks nobody who they are, and writes the rows that Kith writes.
type bare struct{ pool *pgxpool.Pool }

// serveBare runs it until ctx ends.
func serveBare(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bare", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8081", "its address")
	database := flags.String("database", "", "the URL of a database with the tables of referral")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, *database)
	if err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	defer pool.Close()
	mux := http.NewServeMux()
	mux.Handle("POST /v1/authorities/{authority}/contacts", &bare{pool})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		// The load has ended; what is still open may break.
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// acknowledgement is the answer.
type acknowledgement struct {
	Name          string    `json:"name"`
	Receipt       string    `json:"receipt"`
	State         string    `json:"state"`
	ReceivedAt    time.Time `json:"receivedAt"`
	DecisionDueBy time.Time `json:"decisionDueBy"`
}

// ServeHTTP takes a contact.
func (b *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var t told
	if err := json.Unmarshal(text, &t); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, err := uuid.NewV7()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	now := time.Now().UTC()
	answer, err := json.Marshal(acknowledgement{
		Name: "authorities/" + r.PathValue("authority") + "/contacts/" + id.String(), Receipt: receiptOf(id),
		State: "CONTACT_STATE_UNDECIDED", ReceivedAt: now, DecisionDueBy: now.AddDate(0, 0, 1),
	})
	if err == nil {
		err = b.write(r.Context(), arrived{id: id, key: r.Header.Get("Idempotency-Key"), text: text, told: &t, answer: answer, at: now})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	// A caller who hung up can't be told more.
	_, _ = w.Write(answer)
}
