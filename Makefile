# sipbridge: make run builds and starts it, make test checks everything. make help lists the rest.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := build

# Without this tag hraban/opus also wants libopusfile, which nothing here uses.
TAGS     := -tags nolibopusfile
# Pictures are transcoded with libvpx and openh264; make build VIDEO= does without both.
VIDEO    := ,video
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Keeps the runtime's monitor out of its deep sleep, from which each call into libopus would wake it: a tenth to a fifth of
# the CPU time of transcoding. The trace that this setting is for comes once in 25 days of the machine, in one line.
CALM     := -X runtime.godebugDefault=schedtrace=2147483647
BINARY   := bin/sipbridge
PACKAGES  = $(shell go list $(TAGS) ./... | grep -v /test/e2e)
E2E       = $(shell go list $(TAGS) ./test/e2e/...)
FUZZTIME ?= 2m
SOAKS    ?= 5
SOAKCALLS ?= 100000
# Tests that measure have the machine to themselves, as has the package quality.
MEASURED := ^(TestManyFlashCalls|TestFlood|TestWebPhoneKeepsItsCalls)$$
# Where E2E_ARGS chooses the tests, they run side by side, and once.
CHOSEN    = $(filter -run -run=% -skip -skip=%,$(E2E_ARGS))
NPM      := npm --no-audit --no-fund --no-update-notifier
say       = @printf '\n==> %s\n' '$(1)'

## build: make bin/sipbridge, with the web phone in it
.PHONY: build
build: setup-build pages
	go build $(TAGS)$(VIDEO) -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION) $(CALM)' -o $(BINARY) ./cmd/sipbridge

## run: build, then start the service with the embedded defaults (RUN_ARGS adds arguments)
.PHONY: run
run: build
	./$(BINARY) serve $(RUN_ARGS)

## test: format, vet, lint, unit tests with the race detector, end-to-end tests
.PHONY: test
test: setup-build setup-test format vet lint unit e2e
	$(call say,everything passed)

.PHONY: setup-build setup-test
setup-build:
	@.ci/setup-build
setup-test:
	@.ci/setup-test

.PHONY: format vet lint unit e2e
format: setup-build
	$(call say,format)
	@lint=$$(.ci/setup-lint) && "$$lint" fmt --diff ./...
vet: setup-build
	$(call say,vet)
	go vet $(TAGS) $(PACKAGES) ./test/e2e/...
## lint: golangci-lint, and ESLint, Prettier and the type checker for the pages
lint: setup-build
	$(call say,lint)
	@lint=$$(.ci/setup-lint) && "$$lint" run --build-tags nolibopusfile --allow-parallel-runners --timeout 20m ./...
	@$(MAKE) --no-print-directory pages-lint
## unit: the unit tests alone
unit: setup-build setup-test pages
	$(call say,unit tests)
	go test $(TAGS)$(VIDEO) -race -timeout 15m $(PACKAGES)
	go test $(TAGS),libavcodec -race -timeout 5m ./transcode/avcodec ./transcode/ilbc ./signaling/rtmp
	go test $(TAGS),libavcodec -timeout 5m -run ReceiveOnly ./transcode ./bridge
	go test $(TAGS),amr,bcg729 -timeout 5m -run 'Optional|There|Conceal|Malformed' ./transcode ./transcode/amr ./transcode/g729
	@$(MAKE) --no-print-directory pages-unit
.PHONY: pages-unit pages-lint
pages-unit: web/node_modules/.package-lock.json
	$(NPM) --prefix web test
pages-lint: web/node_modules/.package-lock.json
	$(NPM) --prefix web run lint
## e2e: the end-to-end tests alone (E2E_ARGS adds arguments, such as -run TestHold)
e2e: build setup-test test/e2e/node_modules/.package-lock.json
	$(call say,end-to-end tests)
	$(NPM) --prefix test/e2e run build --if-present
	@# Two packages of three tests at a time, for most of a test is waiting.
	go test $(TAGS) -p 2 -parallel 3 -count=1 -timeout 20m $(if $(CHOSEN),,-skip '$(MEASURED)') $(E2E_ARGS) $(filter-out %/quality,$(E2E))
	$(if $(CHOSEN),,go test $(TAGS) -parallel 1 -count=1 -timeout 5m -run '$(MEASURED)' $(E2E_ARGS) ./test/e2e)
	go test $(TAGS) -count=1 -timeout 20m $(E2E_ARGS) ./test/e2e/quality

## soak: what takes longer: every fuzz target for FUZZTIME, an hour of speech, a full machine, SOAKCALLS calls, a flood of strangers, every codec to every other one, calls that lose packets, then the end-to-end tests SOAKS times
.PHONY: soak
soak: setup-build setup-test
	$(call say,fuzz)
	@TAGS='$(TAGS)' FUZZTIME=$(FUZZTIME) .ci/fuzz $(PACKAGES)
	@TAGS='$(TAGS),video' FUZZTIME=$(FUZZTIME) .ci/fuzz ./transcode/picture
	$(call say,an hour of speech without a key)
	SPEECH=1h go test $(TAGS) -count=1 -run TestNoKeysInSpeech ./transcode/dtmf
	$(call say,a full machine)
	RELIEF=1m go test $(TAGS) -count=1 -run TestFullMachine ./transcode/governor
	$(call say,$(SOAKCALLS) calls)
	@$(MAKE) build
	go run $(TAGS) ./test/load/signalling -soak $(SOAKCALLS) -rates 400
	go run $(TAGS) ./test/load/signalling -flood 10000 -rates 10 -window 60s
	$(call say,speech by every codec to every other one and over a bad network)
	go test $(TAGS) -count=1 -timeout 20m ./test/e2e/quality -whole
	@# A process for each pass: a test's ports are its process's until that ends.
	@for pass in $$(seq $(SOAKS)); do $(MAKE) e2e E2E_ARGS='$(E2E_ARGS)' || exit 1; done

## bench: place calls, with sound and without, and print what they cost (BENCH_ARGS, SIGNALLING_ARGS add arguments)
.PHONY: bench
bench: build setup-test test/e2e/node_modules/.package-lock.json
	node test/e2e/screenshots/readiness.mjs $(BINARY)
	go run $(TAGS) ./test/load -setups 500 $(BENCH_ARGS)
	go run $(TAGS) ./test/load/signalling $(SIGNALLING_ARGS)

## bench-beside: place the same calls through rtpengine and sipbridge in turn, and print the ratio (BESIDE_CALLS)
BESIDE_CALLS ?= 50 100 200
.PHONY: bench-beside
bench-beside: build
	@.ci/setup-bench
	for calls in $(BESIDE_CALLS); do \
		go run $(TAGS) ./test/load -calls $$calls -rtpengine rtpengine $(BENCH_ARGS) || exit 1; \
	done

## screenshots: picture each state of the pages at three widths, into docs/screenshots
.PHONY: screenshots
screenshots: build setup-test test/e2e/node_modules/.package-lock.json
	@mkdir -p docs/screenshots
	node test/e2e/screenshots/screenshots.mjs $(BINARY) docs/screenshots

## docker-check: hold the Dockerfile to this Makefile, and run its build steps in a copy of HEAD
.PHONY: docker-check
docker-check: setup-build
	go test $(TAGS) -count=1 ./deploy/...
	.ci/docker-check

## tools: build or find the linter
.PHONY: tools
tools: setup-build
	@.ci/setup-lint

## clean: remove what was built
.PHONY: clean
clean:
	rm -rf bin web/node_modules test/e2e/node_modules
	git clean -fdxq -- web/dist

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z0-9-]*\): /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

# The pages are built only where their package.json, sources or locked packages changed.
PAGE_SOURCES = $(shell find web -name node_modules -prune -o -path web/dist -prune -o -type f -not -name '*.go' -print)
.PHONY: pages
pages: web/dist/licences.txt
web/dist/licences.txt: $(PAGE_SOURCES) web/node_modules/.package-lock.json
	$(NPM) --prefix web run build
	@test -s $@ && touch $@

# npm writes this file last, when everything the lock names is in place.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json | setup-build
	$(NPM) --prefix $* ci
	@touch $@
