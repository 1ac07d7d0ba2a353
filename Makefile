# Targets for developers. Each first installs the tools that it needs (frontend/setup.sh). See server/docs/develop.md.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

site := target/site/pkg/manifest.json
site_inputs := Cargo.toml Cargo.lock $(wildcard frontend/*.sh frontend/*.mjs frontend/*.js frontend/package-lock.json) \
  $(shell find app frontend/src frontend/Cargo.toml server/domain -type f -not -name '*.md')

.PHONY: help run dev example test lint check bench excess attacks housekeeping failover upgrade-test lives imports \
  telemetry-test clients package image release package-test setup site

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

run: setup site ## build and start the demo: Dues and its payment sandbox (ARGS="--data DIR" passes options)
	@exec cargo run --package server -- demo $(ARGS)

dev: setup ## the same as run, rebuilt and restarted on every change
	@exec node frontend/watch.mjs $(ARGS)

example: setup site ## start the demo and, beside it, the product of end2end/example
	@frontend/setup.sh example
	@npm --prefix server/clients/typescript run --silent build
	@cargo build --package server
	@exec node end2end/example/run.js $(ARGS)

test: check ## formatting and circles of imports, then all tests: Rust on both databases, browser, clients, SDKs
	@frontend/setup.sh tests
	@$(MAKE) --no-print-directory site
	@exec end2end/test.sh

lint: check ## formatting, clippy for the server and for the browser, licences and sources of dependencies
	cargo clippy --all-targets -- -D warnings
	cargo clippy --package frontend --lib -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; \
	else echo "cargo-deny is not installed: deny.toml was not checked (cargo install cargo-deny)"; fi

check: setup
	@cargo fmt --version >/dev/null 2>&1 || { echo "cargo fmt is not installed: rustup component add rustfmt" >&2; exit 1; }
	@clippy-driver --version >/dev/null 2>&1 || { echo "clippy is not installed: rustup component add clippy" >&2; exit 1; }
	node end2end/imports.mjs
	cargo fmt --all --check

bench: ## throughput and latency beside references (ARGS="--engine sqlite" passes options; SERVER=FILE tests another binary)
	@frontend/setup.sh bench
	@[ -n "$${SERVER:-}" ] || cargo build --release --package server
	@exec node end2end/load/bench.mjs $(ARGS)

excess: setup ## processor time of a megabyte of input, by route; fails above 50 ms (SERVER=FILE, TIMES=N)
	@[ -n "$${SERVER:-}" ] || cargo build --release --package server
	@exec node end2end/load/excess.mjs

attacks: setup ## logins during each attack; fails if one is refused or their p99 reaches 100 ms (SERVER=FILE, SECONDS_EACH=N, ONLY=TEXT)
	@[ -n "$${SERVER:-}" ] || cargo build --release --package server
	@exec node end2end/load/attacks.mjs

housekeeping: ## requests during housekeeping of a large database (ARGS="--events 100000" passes options; SERVER=FILE)
	@frontend/setup.sh bench
	@[ -n "$${SERVER:-}" ] || cargo build --release --package server
	@exec node end2end/load/housekeeping.mjs $(ARGS)

failover: ## two nodes on a PostgreSQL cluster that fails in seven ways, under load (ONLY=TEXT, SERVER=FILE); needs root
	@frontend/setup.sh failover
	@[ -n "$${SERVER:-}" ] || cargo build --release --package server
	@exec node end2end/failover/failover.mjs

upgrade-test: ## a rolling upgrade from OLD=FILE, a server of the version before, under load (SERVER=FILE, SECONDS_EACH=N)
	@frontend/setup.sh bench
	@[ -n "$${SERVER:-}" ] || cargo build --release --package server
	@exec node end2end/upgrade/upgrade.mjs

lives: setup ## 10,000 random subscription histories at each provider on each database (LIVES=N, LIVES_FROM=SEED, LIVES_AT=polar, LIVES_ON=sqlite)
	@LIVES="$${LIVES:-10000}" cargo test --release --package billing --test lifecycle -- lives --nocapture --test-threads 2

imports: setup site ## an import of 10,000 customers on each database, killed three times (IMPORTS=N, IMPORTS_ON=sqlite)
	@IMPORTS="$${IMPORTS:-10000}" cargo test --release --package server --test it -- import_scale --nocapture --test-threads 1

telemetry-test: setup site ## Prometheus scrapes a demo: the alert rules fire, and the dashboard's queries have answers
	@frontend/setup.sh telemetry
	@cargo build --package server
	@exec npm --prefix end2end run --silent telemetry

clients: ## pack the TypeScript client into target/clients
	@frontend/setup.sh clients
	@node server/clients/typescript/pack.js

package: setup site ## the Debian package: target/dues_VERSION_ARCH.deb
	@frontend/setup.sh package
	@exec server/deploy/package.sh

image: setup site ## the OCI image, made without a daemon: target/dues_VERSION_ARCH.oci.tar
	@frontend/setup.sh image
	@exec server/deploy/image.sh

release: setup site ## package, image, binary, SBOMs (CycloneDX) and SHA256SUMS in target/dues_VERSION
	@frontend/setup.sh release
	@exec server/deploy/release.sh

package-test: release ## install, upgrade, remove and run package and image in a clean Debian (PREVIOUS=FILE.deb; needs root)
	@frontend/setup.sh package-test
	@exec node --test --test-reporter=spec end2end/package/*.test.js

setup: ## install what make run needs
	@frontend/setup.sh build

site: $(site) ## build the JavaScript and wasm that browsers load

$(site): $(site_inputs)
	@frontend/build.sh
