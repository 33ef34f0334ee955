# Kith's workshop. `make help` lists what it can do.
# The product and the tools are built apart (GOWORK=off), so that tools never lift the product's versions.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export GOWORK := off

version = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
modules := . tools tools/lint

# Puts PostgreSQL's programs first in PATH, installing them where there are none.
with_postgres = programs=$$(tools/ensure-postgres.sh); export PATH="$$programs:$$PATH"

# The pages' style sheets and scripts, which the binary embeds.
assets := services/web/page/assets/npm/.stamp

.PHONY: help run build test race screens check gen bench floors

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build bin/kith and run the whole platform on this machine (data in ./.kith)
	@$(with_postgres); exec bin/kith up

build: $(assets) ## build bin/kith
	@go build -trimpath -ldflags '-X main.version=$(version)' -o bin/kith ./services/kith

test: $(assets) ## run all tests; installs PostgreSQL, Redis and Chromium where they are missing
	@tools/ensure-redis.sh
	@tools/ensure-chromium.sh
	@$(with_postgres); go -C tools test ./... ; go test $$(go list ./... | grep -v '/stories/') ; go test -p 1 -timeout 20m ./services/stories/...

race: $(assets) ## run the product's tests under the race detector
	@tools/ensure-redis.sh
	@tools/ensure-chromium.sh
	@$(with_postgres); go test -race $$(go list ./... | grep -v '/stories/') ; go test -race -p 1 -timeout 40m ./services/stories/...

screens: $(assets) ## take a picture of every page, for docs/screens
	@tools/ensure-chromium.sh
	@rm -f docs/screens/*.png
	@$(with_postgres); KITH_TEST_SCREENS=$$PWD/docs/screens go test -count=1 -run '^TestScreens$$' ./services/stories/pages

gen: node_modules/.package-lock.json ## generate Go code and the OpenAPI document from protos and templates
	@tools/gen.sh

bench: $(assets) ## measure, and print a table of ratios
	@$(with_postgres); cd tools && go run ./bench

check: bin/golangci-lint $(assets) ## format, vet, lint, protos, generated code, modules, links
	@tools/check.sh $(modules)

floors: bin/golangci-lint ## show that every ceiling and floor in .golangci.yml fires
	@go -C tools/lint test -count=1 ./...

# Built once, again when its version changes. It takes some minutes the first time.
bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "building golangci-lint (once, some minutes)"
	@go -C tools/lint build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

# The locked versions; `npm ci` would ask for the packages of other platforms too. npm writes this file last, so it is
# older than the lock file exactly when the packages are.
node_modules/.package-lock.json: package-lock.json
	@npm install --ignore-scripts --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(assets): node_modules/.package-lock.json tools/assets.sh
	@tools/assets.sh
