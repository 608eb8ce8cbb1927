#include "simulation/isolated.hpp"

#include "simulation/pipe.hpp"

#include <cstdio>
#include <sys/wait.h>
#include <unistd.h>

namespace fsm::testing {

isolated_run run_isolated(const simulation& with, const simulation_plan& plan, bool with_trace) {
  pipe_between answer;
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(3);
    const simulation_report report = with.run(plan, with_trace);
    answer.send(report.hash);
    answer.send_text(report.violation);
    for (const std::string& line : report.trace) answer.send_text(line);
    ::_exit(0);
  }
  answer.only_read();
  isolated_run run;
  if (answer.receive(run.hash)) {
    static_cast<void>(answer.receive_text(run.violation));
    for (std::string line; answer.receive_text(line);) run.trace.push_back(line);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    run.violation = "the process was ended by signal " + std::to_string(WTERMSIG(status));
  return run;
}

}  // namespace fsm::testing
