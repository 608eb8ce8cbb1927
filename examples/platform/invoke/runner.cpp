#include "invoke/runner.hpp"

#include <utility>

namespace platform::invoke {

namespace {

class echo_runner final : public runner {
public:
  cancel run(invocation what, finished done) override {
    const auto start = std::chrono::steady_clock::now();
    outcome result;
    result.payload = std::move(what.payload);
    result.duration =
        std::chrono::ceil<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    done(std::move(result));
    return {};
  }
};

}  // namespace

std::unique_ptr<runner> make_echo_runner() { return std::make_unique<echo_runner>(); }

}  // namespace platform::invoke
