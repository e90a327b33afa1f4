#!/bin/sh
# Runs every target of targets.toml, keeps the results by night, and says what changed since the night before.
#
#   nightly.sh [NIGHTS] [OPTIONS OF run...]
#
# Each target is `[targets.NAME]` in targets.toml, with `vendor = "ID"` or `url` and `model`, and best with `baseline`: the
# first night writes it, later nights gate on what is new. NIGHTS (default: nights) may be a folder that a job restores.
# The exit code is the worst of all targets: 1 something new is wrong, 2 something could not be decided, 3 our own error.
set -u
nights=${1:-nights}
[ $# -gt 0 ] && shift
night=$nights/$(date -u +%Y-%m-%dT%H%M%SZ)
mkdir -p "$night" || exit 3
worst=0

worse() { # keeps the worse of two exit codes: 3 before 1 before 2 before 0
  case "$worst$1" in
    4? | ?4) worst=4 ;; 3? | ?3) worst=3 ;; 1? | ?1) worst=1 ;; 2? | ?2) worst=2 ;;
  esac
}

for target in $(sed -n 's/^\[targets\.\([A-Za-z0-9._-]*\)\]$/\1/p' targets.toml); do
  before=$(find "$nights" -path "*/$target/results.json" | sort | tail -n 1)
  first=$([ -n "$before" ] || echo --baseline-update)
  # shellcheck disable=SC2086 # no argument where there is nothing to update
  messages-conformance run --target "$target" --out "$night/$target" -q $first "$@"
  worse $?
  if [ -n "$before" ] && [ -f "$night/$target/results.json" ]; then
    messages-conformance diff --markdown "$before" "$night/$target/results.json" >> "$night/delta.md"
    worse $?
  fi
done

messages-conformance scorecard "$nights" --out "$nights/scorecard.html" --json "$nights/scorecard.json"
if [ -f "$night/delta.md" ]; then
  cat "$night/delta.md"
  [ -n "${GITHUB_STEP_SUMMARY:-}" ] && cat "$night/delta.md" >> "$GITHUB_STEP_SUMMARY"
fi
exit $worst
