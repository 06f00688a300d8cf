# One text of a source and of its own headers, each once: awk -v folders="DIR DIR" -f amalgamate.awk SOURCE. NVRTC compiles it as
# it is. Headers that no folder has stay included: those are the emulation's.
function find(name, count, list, i, path, line) {
  count = split(folders, list, " ")
  for (i = 1; i <= count; i++) {
    path = list[i] "/" name
    if ((getline line < path) >= 0) {
      close(path)
      return path
    }
  }
  return ""
}

function emit(path, line, name, header) {
  while ((getline line < path) > 0) {
    if (line ~ /^#include "/) {
      name = line
      sub(/^#include "/, "", name)
      sub(/".*/, "", name)
      header = find(name)
      if (header != "") {
        if (!(header in emitted)) {
          emitted[header] = 1
          emit(header)
        }
        continue
      }
    }
    print line
  }
  close(path)
}

BEGIN {
  emit(ARGV[1])
}
