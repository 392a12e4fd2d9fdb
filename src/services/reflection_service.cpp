#include "services/reflection_service.h"

#include <memory>
#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/reflection/v1/reflection.parlance.h"
#include "grpc/reflection/v1alpha/reflection.parlance.h"
#include "services/reflection_answers.h"

namespace parlance::services {

namespace v1 = ::grpc::reflection::v1;
namespace v1alpha = ::grpc::reflection::v1alpha;

// Not in an unnamed namespace: gcc 12 warns of that in the frames of the coroutine templates of rpc.
//
// The packages differ in their name only, so v1's messages serve both on the wire. The name is the
// descriptor's: that also makes the linker keep the file, which reflection must be able to hand out.
class ReflectionService final : public Service {
 public:
  ReflectionService(const Server& server, const google::protobuf::FileDescriptor& file)
      : server_(server), full_name_(file.service(0)->full_name()) {}

  std::string_view full_name() const override { return full_name_; }

  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(
        bind_bidi_streaming("ServerReflectionInfo", *this, &ReflectionService::ServerReflectionInfo));
    return methods;
  }

 private:
  Task<Status> ServerReflectionInfo(ServerCall&, Reader<v1::ServerReflectionRequest>& in,
                                    Writer<v1::ServerReflectionResponse>& out) {
    while (auto request = co_await in.read()) {
      const auto response = answer_reflection(**request, *google::protobuf::DescriptorPool::generated_pool(),
                                              server_.service_names());
      const bool is_read = co_await out.write(response);
      if (!is_read) break;
    }
    co_return Status{};
  }

  const Server& server_;  // owns this
  const std::string full_name_;
};

void add_reflection(Server& server) {
  // Makes the linker keep the types of error details, with which clients print what statuses hold.
  google::protobuf::LinkMessageReflection<google::rpc::Status>();
  google::protobuf::LinkMessageReflection<google::rpc::ErrorInfo>();
  for (const auto* any :
       {v1::ServerReflectionRequest::descriptor(), v1alpha::ServerReflectionRequest::descriptor()}) {
    server.add(std::make_shared<ReflectionService>(server, *any->file()));
  }
}

}  // namespace parlance::services
