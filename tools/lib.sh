# Shared by ./run and its verbs; sourced with the repository's root as working directory.

root=$PWD
deps=$root/.deps
python=$deps/python-tools/bin/python
export PATH=$deps/bin:$PATH

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'; else bold='' dim='' red='' plain=''; fi

say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# configure PRESET: writes build/PRESET unless it is there and newer than the presets.
configure() {
  local folder=build/$1
  if [ ! -f "$folder/build.ninja" ] || [ CMakePresets.json -nt "$folder/CMakeCache.txt" ]; then
    cmake --preset "$1" && touch "$folder/CMakeCache.txt"
  fi
}

# build PRESET [TARGET...]: ninja shows the progress.
build() {
  local preset=$1
  shift
  configure "$preset" && NINJA_STATUS='[%f/%t %es] ' cmake --build "build/$preset" -j "$(nproc)" ${1:+--target "$@"}
}
