#include "page/format.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace bench;

TEST_CASE("rates have three digits and a prefix", "[bench][page]") {
  CHECK(rate_text(7'356'878) == "7.36 M/s");
  CHECK(rate_text(240'216) == "240 k/s");
  CHECK(rate_text(145'004'376) == "145 M/s");
  CHECK(rate_text(532.4) == "532/s");
  CHECK(rate_text(0.25) == "0.250/s");
  CHECK(rate_text(0) == "0/s");
}

TEST_CASE("rounding goes up to the next prefix, never to a thousand", "[bench][page]") {
  CHECK(with_prefix(999.4) == "999");
  CHECK(with_prefix(999.6) == "1.00 k");
  CHECK(with_prefix(999'499) == "999 k");
  CHECK(with_prefix(999'500) == "1.00 M");
  CHECK(with_prefix(9.996) == "10.0");
}

TEST_CASE("numbers of things have no needless zeros", "[bench][page]") {
  CHECK(count_text(1'000) == "1 k");
  CHECK(count_text(1'000'000) == "1 M");
  CHECK(count_text(10'000'000) == "10 M");
  CHECK(count_text(1'250) == "1.25 k");
  CHECK(count_text(67'108'864) == "67.1 M");
  CHECK(count_text(100) == "100");
  CHECK(count_text(0.5) == "0.5");
}

TEST_CASE("durations choose their unit", "[bench][page]") {
  CHECK(duration_text(0.0136) == "13.6 ns");
  CHECK(duration_text(0.38) == "380 ns");
  CHECK(duration_text(0.99999) == "1.00 µs");
  CHECK(duration_text(8.81) == "8.81 µs");
  CHECK(duration_text(1884) == "1.88 ms");
  CHECK(duration_text(30e6) == "30.0 s");
  CHECK(round_duration_text(100) == "100 µs");
  CHECK(round_duration_text(1e3) == "1 ms");
}

TEST_CASE("bytes and ratios", "[bench][page]") {
  CHECK(bytes_text(232.4) == "232 B");
  CHECK(bytes_text(1'192) == "1,192 B");
  CHECK(ratio_text(2.934) == "2.93");
  CHECK(ratio_text(0.335) == "0.335");
  CHECK(ratio_text(12.44) == "12.4");
}

TEST_CASE("absurd numbers are short, too", "[bench][page]") {
  CHECK(with_prefix(1e-320) == "0");
  CHECK(with_prefix(1e290) == "1.00e+278 T");
  CHECK(ratio_text(1.23e12) == "1.23e+12");
  CHECK(duration_text(1e290) == "1.00e+284 s");
  CHECK(duration_text(1.79e308) == "1.00e+291 s");
}

TEST_CASE("what is no number is shown as zero", "[bench][page]") {
  for (const double odd :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(with_prefix(odd) == "0");
    CHECK(duration_text(odd) == "0");
    CHECK(bytes_text(odd) == "0 B");
  }
}
