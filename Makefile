# make run    build, and run the whole pipeline on the logs that ship with the project
# make test   install what the tests need, and run them all
# make help   the other targets

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export AUDITWARDEN_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/auditwarden
export CGO_ENABLED := 1
TOOLS       := $(AUDITWARDEN_CACHE)/bin
BINARIES    := ingest detect archive auditwarden
DEMO_DATA   ?= $(AUDITWARDEN_CACHE)/demo
GOLANGCI    := v2.14.0
TEST_FLAGS  ?= -timeout 40m # machines differ: Go's ten minutes a package are few on a busy one
PKG         ?= ./...

.PHONY: help build install run test race lint vet libchdb servers quality bench fuzz logs clean

help:
	@grep -E '^# make|^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^# //; s/^([a-z]+):.*## /make \1\t/' | expand -t 16

build: ## build the four binaries into bin/
	go build -trimpath -o bin/ $(BINARIES:%=./cmd/%)

PREFIX ?= /usr
install: build ## install programs and systemd units under DESTDIR/PREFIX
	install -Dm755 bin/auditwarden "$(DESTDIR)$(PREFIX)/bin/auditwarden"
	for p in ingest detect archive; do \
		install -Dm755 bin/$$p "$(DESTDIR)$(PREFIX)/bin/auditwarden-$$p"; \
		install -Dm644 deploy/systemd/auditwarden-$$p.service "$(DESTDIR)$(PREFIX)/lib/systemd/system/auditwarden-$$p.service"; \
	done

run: build libchdb ## run everything on the shipped logs
	@bin/auditwarden run -config deploy/demo.yaml -data "$(DEMO_DATA)"

test: libchdb servers ## run all tests against real servers
	go test $(TEST_FLAGS) $(PKG)

# cmd/internal/endtoend is left out: it drives the programs as processes, which the detector does not see into.
race: libchdb servers ## run the tests under the race detector
	go test -race $(TEST_FLAGS) $$(go list $(PKG) | grep -v /internal/endtoend)

vet: ## go vet and gofmt
	go vet $(PKG)
	@test -z "$$(gofmt -l cmd pipeline parsers baseline sinks)" || { gofmt -l cmd pipeline parsers baseline sinks; echo 'gofmt: the files above are not formatted'; exit 1; }

lint: $(TOOLS)/golangci-lint-$(GOLANGCI) ## golangci-lint
	$< run $(PKG)

$(TOOLS)/golangci-lint-$(GOLANGCI):
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	mv $(TOOLS)/golangci-lint $@

libchdb: ## fetch the ClickHouse engine, pinned by hash
	@deploy/fetch-libchdb.sh

servers: ## install the servers that tests start (Debian, Maven Central, PyPI, Go)
	@deploy/install-test-servers.sh

quality: ## measure detection quality (DATA=DIR adds a data set)
	go run ./pipeline/statement/quality $(if $(DATA),-data $(DATA))
	go run ./cmd/internal/masquerade $(if $(DATA),-data $(DATA))
	$(if $(DATA),go run ./cmd/internal/drift -data $(DATA))
	go run ./baseline/volume/quality -synthetic -roles 12 $(if $(wildcard $(DATA)/volume),-nab $(DATA)/volume)

bench: ## run all benchmarks
	go test -run '^$$' -bench . -benchmem $(PKG)

fuzz: ## run every fuzz target for FUZZTIME (30s) each
	deploy/fuzz.sh $(or $(FUZZTIME),30s)

logs: build servers ## make the shipped logs anew
	deploy/testdata/generate.sh

clean: ## remove what was built and the demo's data
	rm -rf bin "$(DEMO_DATA)"
