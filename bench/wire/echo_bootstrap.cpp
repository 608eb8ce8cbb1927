// A function as small as it can be: gives back what it is sent. What is measured with it is the
// platform.
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace {

bool send_all(int to, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::write(to, text.data(), text.size());
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// The value of a field of a message's head, as the platform writes it.
std::string_view field(std::string_view head, std::string_view name) {
  const auto at = head.find(name);
  if (at == std::string_view::npos) return {};
  const auto start = at + name.size();
  return head.substr(start, head.find("\r\n", start) - start);
}

// Reads one message: its head, and then its body.
bool receive(int from, std::string& head, std::string& body) {
  std::string text;
  std::array<char, 65536> piece{};
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    const auto length = ::read(from, piece.data(), piece.size());
    if (length <= 0) return false;
    text.append(piece.data(), static_cast<std::size_t>(length));
    end = text.find("\r\n\r\n");
  }
  head = text.substr(0, end + 4);
  body = text.substr(end + 4);
  const auto wanted =
      std::strtoul(std::string{field(head, "Content-Length: ")}.c_str(), nullptr, 10);
  while (body.size() < wanted) {
    const auto length = ::read(from, piece.data(), piece.size());
    if (length <= 0) return false;
    body.append(piece.data(), static_cast<std::size_t>(length));
  }
  return true;
}

int connect_to(const std::string& api) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::strtoul(api.c_str() + api.find(':') + 1, nullptr, 10)));
  const int result = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return ::connect(result, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? result
                                                                                       : -1;
}

}  // namespace

int main() {
  const auto* api = std::getenv("AWS_LAMBDA_RUNTIME_API");
  const int service = api ? connect_to(api) : -1;
  if (service < 0) return 1;
  const std::string base = "/2018-06-01/runtime/invocation/";
  const std::string next = "GET " + base + "next HTTP/1.1\r\nHost: api\r\n\r\n";
  std::string head;
  std::string body;
  while (send_all(service, next) && receive(service, head, body)) {
    const std::string id{field(head, "Lambda-Runtime-Aws-Request-Id: ")};
    const auto answer =
        "POST " + base + id +
        "/response HTTP/1.1\r\nHost: api\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    if (!send_all(service, answer) || !receive(service, head, body)) break;
  }
  return 1;
}
