#include "http/guard.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <utility>

namespace platform::http {

namespace {

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  boost::system::error_code problem;
  const auto address = boost::asio::ip::make_address(host, problem);
  return !problem && address.is_loopback();
}

std::string_view field(const request_head& head, proto::field name) {
  const auto found = head.find(name);
  return found == head.end() ? std::string_view{}
                             : std::string_view{found->value().data(), found->value().size()};
}

// The authority of a target in absolute form, which counts before the Host field; else empty.
std::string_view authority_of(std::string_view target) {
  for (const std::string_view start : {"http://", "https://"}) {
    if (!target.starts_with(start)) continue;
    target.remove_prefix(start.size());
    return target.substr(0, target.find_first_of("/?"));
  }
  return {};
}

}  // namespace

std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return {};
    return lower(authority.substr(1, end - 1));
  }
  return lower(authority.substr(0, authority.find(':')));
}

guard::guard(std::string_view scheme, std::string listen_host,
             std::vector<std::string> allowed_hosts)
    : origin_start_{std::string{scheme} + "://"}, hosts_{std::move(allowed_hosts)} {
  hosts_.push_back(std::move(listen_host));
  for (auto& each : hosts_) each = lower(each);
}

bool guard::accepts(std::string_view host) const {
  const std::string name{host};
  return is_loopback(name) || std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end();
}

std::optional<std::string> guard::objection(const request_head& head) const {
  const auto target = std::string_view{head.target().data(), head.target().size()};
  const auto in_target = authority_of(target);
  const auto authority = in_target.empty() ? field(head, proto::field::host) : in_target;
  for (const auto name : {proto::field::host, proto::field::origin, proto::field::sec_fetch_site}) {
    if (head.count(name) < 2) continue;
    const auto text = proto::to_string(name);
    return "The request has more than one " + std::string{text.data(), text.size()} + ".";
  }
  if (authority.empty()) return "The request has no Host.";
  if (!accepts(host_of(authority))) {
    return "The Host '" + std::string{authority} +
           "' is not one of this server's; --allow-host adds one.";
  }
  const auto site = field(head, proto::field::sec_fetch_site);
  if (!site.empty() && site != "same-origin" && site != "none") {
    return "The request comes from another site (Sec-Fetch-Site: " + std::string{site} + ").";
  }
  const auto origin = field(head, proto::field::origin);
  if (!origin.empty() && lower(origin) != origin_start_ + lower(authority)) {
    return "The request comes from another site (Origin: " + std::string{origin} + ").";
  }
  return std::nullopt;
}

}  // namespace platform::http
