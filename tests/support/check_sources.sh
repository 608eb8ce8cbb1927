#!/usr/bin/env bash
# Rules the compiler does not know: time and chance are arguments, and no test file is forgotten.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0

banned='\b(system_clock|steady_clock)::now|high_resolution_clock|\bsleep_(for|until)\b|\bs?rand\('
banned+='|\b(clock_gettime|gettimeofday|usleep|nanosleep)\b'
if found=$(grep -rnE "$banned" libfsm actors --include='*.hpp' --include='*.cpp' |
  grep -v '^actors/src/clock\.cpp:'); then
  echo "time and chance come from the options; only actors/src/clock.cpp reads a clock:"
  echo "$found"
  failed=1
fi

while IFS= read -r file; do
  grep -qF "${file#tests/}" tests/CMakeLists.txt && continue
  grep -qsF "${file##*/}" "${file%/*}/CMakeLists.txt" && continue
  echo "$file is neither in tests/CMakeLists.txt nor in that of its folder"
  failed=1
done < <(find tests -name '*_test.*' -type f | sort)

exit "$failed"
