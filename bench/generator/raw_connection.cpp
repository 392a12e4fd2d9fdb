#include "raw_connection.h"

#include "raw_protocol.h"

namespace bench {
namespace {

raw::Method raw_method(Method method) {
  if (method == Method::kGenerate) return raw::Method::kGenerate;
  return method == Method::kBatchPredict ? raw::Method::kBatchPredict : raw::Method::kPredict;
}

std::string prefixed_request(const Plan& plan) {
  const std::string message = request_message(plan);
  std::string request(raw::kPrefixBytes, '\0');
  raw::write_prefix(request.data(), raw_method(plan.method), static_cast<std::uint32_t>(message.size()));
  return request + message;
}

}  // namespace

RawConnection::RawConnection(Socket socket, User& user, const Plan& plan)
    : Connection(std::move(socket), user),
      request_(prefixed_request(plan)),
      expected_messages_(expected_messages(plan)) {}

void RawConnection::call(unsigned slot) {
  waiting_.push_back(slot);
  put_shared(request_);
}

void RawConnection::open_stream(unsigned) { fail("the bare protocol has no streams"); }
void RawConnection::send_message(unsigned) { fail("the bare protocol has no streams"); }

std::size_t RawConnection::receive(std::span<const std::byte> bytes) {
  std::size_t used = 0;
  while (bytes.size() - used >= raw::kPrefixBytes && !gone()) {
    const std::byte* prefix = bytes.data() + used;
    const std::size_t size = raw::size_of(prefix);
    if (bytes.size() - used - raw::kPrefixBytes < size) break;
    used += raw::kPrefixBytes + size;
    on_answer({reinterpret_cast<const char*>(prefix + raw::kPrefixBytes), size});
  }
  return used;
}

void RawConnection::on_answer(std::string_view message) {
  if (waiting_.empty()) return fail("an answer to no call");
  const unsigned slot = waiting_.front();
  user_.on_message(*this, slot, message);
  if (++messages_ < expected_messages_) return;
  messages_ = 0;
  waiting_.pop_front();
  user_.on_end(*this, slot, {});
}

}  // namespace bench
