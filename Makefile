# What each target does is said beside it; `make` alone prints that.

.PHONY: help serve build test check torture dev bench site
help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile | expand -t 16

serve: build ## install what is missing, build for release, serve on http://localhost:3000
	@exec target/release/inmor-mfa serve

build: ## the release program, in target/release/inmor-mfa
	@.ci/setup build && .ci/build

test: ## everything: format, lints, unit, store, HTTP and browser tests
	@.ci/test all

check: ## format and lints only
	@.ci/test quick

torture: ## kill, fill, stop and rotate: nothing may be lost (options in ARGS)
	@.ci/setup test && .ci/torture $(ARGS)

dev: ## rebuild and reload while you edit (cargo leptos watch)
	@.ci/setup dev && .ci/dev

bench: ## print the figures of the bench programs (groups in ARGS)
	@.ci/setup build && .ci/bench $(ARGS)

site: # what browsers load, in target/site
	@.ci/setup build && .ci/site
