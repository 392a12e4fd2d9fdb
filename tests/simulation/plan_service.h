#pragma once

#include "call_plan.h"
#include "rpc/incoming.h"
#include "rpc/reader_writer.h"
#include "rpc/server_call.h"
#include "rpc/service.h"
#include "rpc/task.h"

namespace parlance::simulation {

/// Names the call in its metadata.
inline constexpr std::string_view kCallNumberKey = "x-call-number";

/// The servers' side of the plans: every handler does what the plan of its call says, and checks what it
/// reads.
class PlanService final : public Service {
 public:
  /// `server`: its number.
  PlanService(CallBook& book, std::size_t server) : book_(book), server_(server) {}

  std::string_view full_name() const override { return "simulation.Plan"; }
  std::vector<MethodBinding> methods() override;

  Task<Result<Buffer>> Unary(ServerCall& call, Incoming<Buffer> request);
  Task<Result<Buffer>> Upload(ServerCall& call, Reader<Buffer>& in);
  Task<Status> Download(ServerCall& call, Incoming<Buffer> request, Writer<Buffer>& out);
  Task<Status> Chat(ServerCall& call, Reader<Buffer>& in, Writer<Buffer>& out);

 private:
  class Running;
  Task<void> read_all(ServerCall& call, CallRecord& record, Reader<Buffer>& in);

  CallBook& book_;
  const std::size_t server_;
};

}  // namespace parlance::simulation
