#include "http/peek.hpp"

#include <cerrno>
#include <sys/socket.h>

namespace platform::http {

peeked peek(int socket) noexcept {
  char byte = 0;
  const auto length = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (length > 0) return peeked::bytes;
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return peeked::nothing;
  return peeked::end;
}

}  // namespace platform::http
