#pragma once

#include "result_file.hpp"

#include <string>

/// One row as a program of version 1 wrote it before `build` and the like were added.
inline std::string old_row_text() {
  return R"({"scenario":"invoke","functions":1000,"threads":2,"store":"none","durability":"none",)"
         R"("seconds":5,"ops":500,"ops_per_second":100.5,"latency_us":{"p50":1,"p90":2,"p99":3,)"
         R"("p999":4,"max":5},"bytes_per_function":231.2,"rss_bytes":123,"commit":"abc",)"
         R"("machine":"2 cores"})";
}

inline std::string file_text(const std::string& rows) {
  return R"({"version": 1, "results": [)" + rows + "]}";
}

/// A row to be changed.
inline bench::file_row row_of(const std::string& scenario, std::uint64_t functions,
                              double ops_per_second) {
  bench::file_row made;
  made.scenario = scenario;
  made.functions = functions;
  made.threads = 2;
  made.store = "none";
  made.durability = "none";
  made.seconds = 5;
  made.ops_per_second = ops_per_second;
  made.latency_us = {1, 2, 3, 4, 5};
  made.bytes_per_function = functions == 0 ? 0 : 232;
  made.commit = "abc";
  made.machine = "2 cores";
  made.build = bench::file_build{"Release", "g++ 12", {}};
  return made;
}
