#pragma once

#include <fsm/expected.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace platform::http {

/// What a server that speaks TLS (1.2 or later) shows of itself. `certificate` and `key` are files
/// in PEM form; the key must not need a password. An error names the file and what is wrong with
/// it.
[[nodiscard]] fsm::expected<std::shared_ptr<boost::asio::ssl::context>> open_tls(
    const std::string& certificate, const std::string& key);

}  // namespace platform::http
