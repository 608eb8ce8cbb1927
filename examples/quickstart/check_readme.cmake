# cmake -DROOT=... -P check_readme.cmake: the README quotes the quickstart, its output and the diagram as they are.
file(READ ${ROOT}/README.md readme)

function(check_quoted what text)
  string(FIND "${readme}" "${text}" position)
  if(position EQUAL -1)
    message(SEND_ERROR "README.md does not quote ${what} as it is now:\n${text}")
  endif()
endfunction()

file(READ ${ROOT}/examples/quickstart/main.cpp program)
string(FIND "${program}" "int main() {" start)
string(SUBSTRING "${program}" ${start} -1 core)
check_quoted("main() of examples/quickstart/main.cpp" "${core}```")

file(READ ${ROOT}/examples/quickstart/output.txt output)
check_quoted("examples/quickstart/output.txt" "```\n${output}```")

file(READ ${ROOT}/docs/lifecycle.md page)
string(FIND "${page}" "```mermaid" start)
string(SUBSTRING "${page}" ${start} -1 diagram)
string(FIND "${diagram}" "\n```\n" length)
string(SUBSTRING "${diagram}" 0 ${length} diagram)
check_quoted("the diagram of docs/lifecycle.md" "${diagram}\n```\n")
