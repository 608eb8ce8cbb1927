#!/usr/bin/env bash
# check.sh WAY SOURCE BUILD WORK GENERATOR COMPILER: builds the stranger's project the given WAY and runs it.
set -euo pipefail
way=$1 source=$2 build=$3 work=$4 generator=$5 compiler=$6

fail() { echo "package.$way: $*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work"
options=(-G "$generator" "-DCMAKE_CXX_COMPILER=$compiler" "-DSTRANGER_WAY=$way")

# The flags of the tree that was installed (a sanitized archive needs a sanitized program).
flags=$(sed -n 's/^CMAKE_CXX_FLAGS:[A-Z]*=//p' "$build/CMakeCache.txt")
options+=("-DCMAKE_CXX_FLAGS=$flags")

if [[ $way == find_package ]]; then
  cmake --install "$build" --prefix "$work/made" >"$work/install.log"
  mv "$work/made" "$work/moved"  # an installed tree can be moved
  if grep -rlF -e "$source" -e "$build" -e "$work" "$work/moved" --include='*.cmake'; then
    fail "the installed package names a folder of this machine"
  fi
  if find "$work/moved" -name '*.pb.h' | grep .; then fail "generated headers are installed"; fi
  options+=("-DCMAKE_PREFIX_PATH=$work/moved")
else
  options+=("-DSTRANGER_LIBFSM=$source")
fi

cmake -S "$source/tests/package" -B "$work/build" "${options[@]}"
# Embedded, libfsm brings no tests and no programs of its own.
ctest --test-dir "$work/build" -N | grep 'Total Tests: 0' >/dev/null || fail "libfsm's tests are in the stranger's project"
if cmake --build "$work/build" --target help | grep -E 'fsm-(platform|bench)'; then
  fail "libfsm's programs are in the stranger's project"
fi
[[ $way != fetch_content ]] || exit 0  # the build would be that of add_subdirectory

cmake --build "$work/build" --target stranger stranger_pure stranger_simulation stranger_disk --parallel "$(nproc)"
"$work/build/stranger"
"$work/build/stranger_pure"
"$work/build/stranger_simulation"
"$work/build/stranger_disk"
