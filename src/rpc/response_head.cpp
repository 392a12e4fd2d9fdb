#include "rpc/response_head.h"

#include <algorithm>

#include "base/slab_allocator.h"
#include "grpc/content_type.h"
#include "grpc/status_wire.h"
#include "rpc/client_errors.h"

namespace parlance::detail {
namespace {

std::string_view value_of(http2::HeaderFields fields, http2::HeaderToken token) {
  const auto field = std::ranges::find(fields, token, &http2::HeaderField::token);
  return field == fields.end() ? std::string_view{} : field->value;
}

void read(http2::HeaderFields fields, ResponseHead& head) {
  head.http_status = grpc::http_status(fields);
  if (head.http_status != 200) {
    head.error = grpc::status_from_http_status(head.http_status.value_or(0));
    return;
  }
  const std::string_view content_type = value_of(fields, http2::HeaderToken::kContentType);
  if (grpc::parse_content_type(content_type) == grpc::ContentType::kNotGrpc) {
    head.error = not_grpc(content_type);
    return;
  }
  if (const std::string_view name = value_of(fields, http2::HeaderToken::kGrpcEncoding); !name.empty()) {
    const auto known = grpc::parse_encoding(name);
    if (!known) {
      head.error = unsupported_response_encoding(name);
      return;
    }
    head.encoding = *known;
  }
  Result<grpc::Metadata> metadata = grpc::Metadata::from_fields(fields);
  if (metadata) {
    head.metadata = *std::move(metadata);
  } else {
    head.error = at_client(metadata.error());
  }
}

}  // namespace

SharedResponseHead read_response_head(http2::HeaderFields fields, const std::string& peer) {
  const auto head = std::allocate_shared<ResponseHead>(SlabAllocator<ResponseHead>{});
  head->peer = peer;
  read(fields, *head);
  return head;
}

RememberedResponses::RememberedResponses(std::string peer)
    : no_head_(std::make_shared<const ResponseHead>(
          ResponseHead{.peer = std::move(peer), .http_status = {}, .error = {}, .metadata = {}})) {}

const SharedResponseHead& RememberedResponses::head(std::uint64_t section_id, http2::HeaderFields fields) {
  Head& remembered = heads_[section_id % kKept];
  if (remembered.section_id != section_id) {
    remembered = {section_id, read_response_head(fields, no_head_->peer)};
  }
  return remembered.head;
}

}  // namespace parlance::detail
