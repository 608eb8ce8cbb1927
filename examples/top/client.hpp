#pragma once

#include <boost/json/object.hpp>

#include <functional>
#include <stdexcept>
#include <string>

namespace top {

/// Where a platform is, and how to get in.
struct address {
  std::string url;
  /// "" = none.
  std::string token;
  /// Certificates in PEM form to trust beside the system's; "" = none.
  std::string ca_file;
};

/// The platform will say the same again.
class refused final : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// One overview. Throws `std::runtime_error` with a sentence when there is none.
[[nodiscard]] boost::json::object get_overview(const address& where);

/// Reads overviews as they come, until the stream ends or `quit` says so (asked at least four times
/// a second). Throws when it cannot begin (`refused` when that will not change), or breaks.
void read_overviews(const address& where, const std::string& interval,
                    const std::function<void(boost::json::object)>& take,
                    const std::function<bool()>& quit);

}  // namespace top
