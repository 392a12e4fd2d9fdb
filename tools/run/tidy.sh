#!/usr/bin/env bash
# tidy [--fix] [--fast] [--all]: format, include and house rules, clang-tidy over what changed (--all: everything)
set -uo pipefail
source tools/lib.sh

fix='' fast='' all=''
for argument in "$@"; do
  case $argument in
    --fix) fix=--fix ;;
    --fast) fast=yes ;;
    --all) all=--all ;;
    *) fail "tidy: no such option: $argument" ;;
  esac
done

failures=0
check() { # check NAME COMMAND...
  local name=$1
  shift
  if "$@"; then say "tidy: $name: ok"; else say "tidy: $name: FAILED" && failures=$((failures + 1)); fi
}

check format "$python" tools/check_format.py $fix
check includes "$python" tools/check_includes.py
check "house rules" "$python" tools/check_rules.py
check guide "$python" tools/check_guide.py $fix
if [ -z "$fast" ]; then
  build release || fail "clang-tidy needs the release build"
  check clang-tidy "$python" tools/check_lint.py $fix $all
fi
[ $failures -eq 0 ] || fail "tidy: $failures checks failed"
