#include "http/tls.hpp"

#include <openssl/ssl.h>

#include <cstddef>

namespace platform::http {

namespace ssl = boost::asio::ssl;

namespace {

fsm::error broken(const std::string& file, const std::string& why) {
  return {.code = fsm::errc::invalid_argument, .message = file + ": " + why};
}

}  // namespace

fsm::expected<std::shared_ptr<ssl::context>> open_tls(const std::string& certificate,
                                                      const std::string& key) {
  auto result = std::make_shared<ssl::context>(ssl::context::tls_server);
  auto* native = result->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  // Most connections are idle, most of the time.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code problem;
  // A key with a password would make OpenSSL ask for it on the terminal.
  result->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string{}; }, problem);
  result->use_certificate_chain_file(certificate, problem);
  if (problem) {
    return fsm::unexpected(broken(certificate, "no certificate can be read: " + problem.message()));
  }
  result->use_private_key_file(key, ssl::context::pem, problem);
  if (problem) {
    return fsm::unexpected(
        broken(key, "it holds no private key of that certificate: " + problem.message()));
  }
  return result;
}

}  // namespace platform::http
