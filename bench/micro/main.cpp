// fsm-microbench: the hot pieces one by one, with Google Benchmark. See docs/benchmarks.md.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>

namespace {

/// Google Benchmark prints what went wrong and ends well all the same. This one remembers it.
class strict_reporter final : public benchmark::BenchmarkReporter {
public:
  bool ReportContext(const Context& context) override { return printer_->ReportContext(context); }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const auto& run : runs) failed_ = failed_ || run.error_occurred;
    printer_->ReportRuns(runs);
  }
  void Finalize() override { printer_->Finalize(); }

  [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
  /// As --benchmark_format asks for.
  std::unique_ptr<benchmark::BenchmarkReporter> printer_{benchmark::CreateDefaultDisplayReporter()};
  bool failed_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  strict_reporter reporter;
  if (benchmark::RunSpecifiedBenchmarks(&reporter) == 0) {
    std::fputs("fsm-microbench: --benchmark_filter: no benchmark has such a name\n", stderr);
    return 2;
  }
  return reporter.failed() ? 1 : 0;
}
