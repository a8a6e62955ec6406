# `make demo` and `make test` need make, Rust, and Debian or Ubuntu; they install everything else.
# On other systems: install the packages below, then set SKIP_PACKAGES=1. `make check` installs nothing.

# For the build: baresip (C, built with cmake and bindgen) is linked into the program.
BUILD_PACKAGES = build-essential perl cmake libclang-dev pkg-config libopus-dev libspandsp-dev zlib1g-dev \
    libgsm1-dev libopencore-amrnb-dev libopencore-amrwb-dev libvo-amrwbenc-dev libbcg729-dev
# For the tests: an old baresip, a SIP traffic generator, a registrar and proxy, readers of captures and reports, a browser.
TEST_PACKAGES = baresip-core sip-tester kamailio tshark libfaketime libxml2-utils sqlite3 python3-jsonschema python3-venv jq curl chromium
ALSA_PACKAGES = libasound2-dev

# For example CARGO_FLAGS=--release
CARGO_FLAGS =
FUZZ_TARGETS = testfile netstring ctrl_json sip_message sip_headers trace
FUZZ_SECONDS = 20
# Number of times that `make soak` runs each test.
RUNS = 200

TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
# `make install PREFIX=/usr DESTDIR=package`
PREFIX = /usr/local
DESTDIR =

# By default, the crate getrandom looks up symbols at run time, which a static program can't do.
STATIC_TARGET = $(shell uname -m)-unknown-linux-gnu
STATIC_BUILD = RUSTFLAGS='-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom"' \
    cargo build --target $(STATIC_TARGET)
STATIC = $(TARGET_DIR)/$(STATIC_TARGET)/static/telefonist
RUST_WANTED := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

.PHONY: build ui static compress install uninstall demo check test static-test openapi browser bench soak alsa fmt lint fuzz sounds deps-build deps-test rust node help
UI_SOURCES := $(shell find ui/src ui/public ui/scripts -type f) $(wildcard ui/*.html ui/*.json ui/*.ts ui/*.js)

build: deps-build ui ## build the program with its web UI (default); cargo build leaves the web UI out
	cargo build $(CARGO_FLAGS)

static: deps-build ui ## build one file without shared libraries, for any Linux on this kind of processor
	$(STATIC_BUILD) --profile static
	@ls -lh $(STATIC)

compress: static ## build the static program and pack it with upx
	@command -v upx >/dev/null || { \
	    echo "upx is missing: install it (https://upx.github.io), or use $(STATIC) as it is" >&2; exit 1; }
	upx --best --lzma $(STATIC)

install: ## install what `make static` built, and its systemd unit, below DESTDIR/PREFIX
	@test -x $(STATIC) || { echo "$(STATIC) is missing: run \`make static\` first" >&2; exit 1; }
	install -D -m 755 $(STATIC) $(DESTDIR)$(PREFIX)/bin/telefonist
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/share/doc/telefonist
	sed 's|/usr/local/bin|$(PREFIX)/bin|' contrib/telefonist.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/telefonist.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/telefonist.service
	cp -R README.md CHANGELOG.md LICENSE docs examples $(DESTDIR)$(PREFIX)/share/doc/telefonist/

uninstall: ## remove what `make install` installed, except the data
	rm -f $(DESTDIR)$(PREFIX)/bin/telefonist $(DESTDIR)$(PREFIX)/lib/systemd/system/telefonist.service
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/telefonist

ui: ui/dist/index.html ## build the web UI, if its sources have changed

ui/dist/index.html: $(UI_SOURCES) ui/node_modules/.package-lock.json
	cd ui && npm run build --silent

ui/node_modules/.package-lock.json: ui/package-lock.json | node
	cd ui && npm ci --no-audit --no-fund --silent
	@touch $@

demo: deps-build ## build, then place a call between two agents
	cargo build
	$(TARGET_DIR)/debug/telefonist run examples/basic_call

# Prints when each stage of `make test` begins.
stage = @echo "stage $$(date +%T) $(1)"

check: rust ## formatting, lints and unit tests, without the embedded agent: installs no packages, takes under two minutes
	cargo fmt --all --check
	cargo clippy --no-default-features --all-targets -- -D warnings
	@if cargo nextest --version >/dev/null 2>&1; then \
	    set -ex; cargo nextest run --no-default-features --lib; \
	else \
	    set -ex; cargo test --no-default-features --lib; \
	fi
	@echo "make check: all passed"

test: deps-build deps-test ui ## run all tests
	$(call stage,lints)
	$(MAKE) --no-print-directory lint
	$(call stage,web UI)
	cd ui && npm test --silent
	python3 data/sounds/make_sounds.py --check
	$(call stage,a program without an agent of its own)
	@set -ex; data=$$(mktemp -d); trap 'rm -rf "$$data"' EXIT; \
	cargo run --no-default-features -- run examples/basic_call --baresip PATH --data-dir "$$data"
	$(call stage,tests)
	@if cargo nextest --version >/dev/null 2>&1; then \
	    set -ex; cargo nextest run --workspace --no-fail-fast; cargo test --workspace --doc; \
	else \
	    set -ex; cargo test --workspace; \
	fi
	$(call stage,answers against the OpenAPI document)
	$(MAKE) --no-print-directory openapi
	$(call stage,the static program)
	$(MAKE) --no-print-directory static-test
	$(call stage,browser)
	$(MAKE) --no-print-directory browser
	@echo "make test: all passed"

openapi: deps-build deps-test ## test the server's answers against its OpenAPI document, with schemathesis
	cargo build
	.ci/schemathesis $(TARGET_DIR)/debug/telefonist

static-test: deps-build ui ## test the static program in an empty root (not optimised, which would take minutes)
	CARGO_PROFILE_DEV_DEBUG=false $(STATIC_BUILD)
	TELEFONIST_STATIC=$(abspath $(TARGET_DIR))/$(STATIC_TARGET)/debug/telefonist cargo test --test static_binary

browser: node ## test the HTML report that the tests wrote, and the web UI of the built program, in Chromium
	cd tests/browser && npm ci --no-audit --no-fund --silent && npm test --silent
	cd tests/ui && npm ci --no-audit --no-fund --silent && npm test --silent

bench: deps-build deps-test ## measure the speed of the host and the cost of calls, also of sipp; BESIDE=PROGRAM compares another build
	cargo bench --bench host --bench calls --profile dev
	cargo bench --bench cost
	# in the release build, because JSON and analysing sounds are slow in a debug build; they need no agent
	cargo bench --bench record --bench audio --no-default-features

alsa: deps-build ## build the program with support for sound cards, for --use-alsa
	.ci/install-packages $(ALSA_PACKAGES)
	cargo build --features alsa $(CARGO_FLAGS)

soak: deps-build deps-test ## run all examples and docs RUNS times while every processor is busy; list those whose flow varies
	TELEFONIST_SOAK=$(RUNS) cargo test --test main soak:: -- --nocapture

fmt: ## format the code
	cargo fmt --all

lint: deps-build ## check formatting and lints of everything
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --test static_binary -- -D warnings

fuzz: deps-build ## run each fuzz target for FUZZ_SECONDS
	@cargo fuzz --version >/dev/null 2>&1 || { \
	    echo "cargo-fuzz is missing: cargo install cargo-fuzz && rustup toolchain install nightly" >&2; exit 1; }
	@set -e; for target in $(FUZZ_TARGETS); do \
	    echo "fuzz: $$target"; cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS); \
	done

sounds: ## regenerate data/sounds/*.wav (the speech needs espeak-ng)
	python3 data/sounds/make_sounds.py
	python3 data/sounds/make_speech.py

deps-build: rust ## install packages for the build
	@.ci/install-packages $(BUILD_PACKAGES)

deps-test: rust ## install packages for the tests
	@.ci/install-packages $(TEST_PACKAGES)
	@for part in fmt clippy; do \
	    cargo $$part --version >/dev/null 2>&1 && continue; \
	    case $$part in fmt) part=rustfmt;; esac; \
	    echo "rust: installing $$part"; rustup component add $$part || exit 1; \
	done

rust:
	@have=$$(cargo --version 2>/dev/null | cut -d ' ' -f 2); \
	if [ -z "$$have" ]; then \
	    echo "cargo is missing: Rust $(RUST_WANTED) or newer is needed; install it by https://rustup.rs" >&2; exit 1; \
	fi; \
	oldest=$$(printf '%s\n' "$(RUST_WANTED)" "$$have" | sort -V | head -n 1); \
	if [ "$$oldest" != "$(RUST_WANTED)" ]; then \
	    echo "Rust $$have is too old: $(RUST_WANTED) or newer is needed (rustup update, or https://rustup.rs)" >&2; exit 1; \
	fi

node:
	@node -e "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)" 2>/dev/null && npm --version >/dev/null 2>&1 || { \
	    echo "node 20 or newer with npm is needed for the web UI (without it: cargo build); install it by https://nodejs.org" >&2; exit 1; }

help: ## list all targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14
