#include "app/explain.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "app/exit_codes.h"
#include "app/pasted_error.h"
#include "app/status_text.h"
#include "grpc/error_details.h"
#include "grpc/error_reasons.h"

namespace parlance::app {
namespace {

std::string line(std::string_view name, std::string_view text) {
  return text.empty() ? std::string{} : fmt::format("{:<15} {}\n", name, text);
}

std::string_view place(std::string_view hop) {
  if (hop == "server") return "on the server";
  if (hop == "client") return "in the client";
  return hop;
}

std::string measure(const grpc::ErrorInfo& info) {
  const std::string limit{info.get("limit").value_or("")};
  const std::string observed{info.get("observed").value_or("")};
  if (limit.empty()) return observed;
  return observed.empty() ? "the limit is " + limit : fmt::format("{} (the limit is {})", observed, limit);
}

std::string advice_on_retry(const grpc::ErrorReason& entry, const Status& status) {
  if (const auto retry = grpc::find_detail<grpc::RetryInfo>(status)) {
    return fmt::format("after {:.3g} s", std::chrono::duration<double>(retry->retry_delay).count());
  }
  switch (entry.retry) {
    case grpc::RetryHelps::kYes:
      return "may help";
    case grpc::RetryHelps::kLater:
      return "helps later";
    case grpc::RetryHelps::kNo:
      break;
  }
  return "does not help before something is changed";
}

std::string about_itself(const grpc::ErrorInfo& info) {
  return line("Where:", place(info.get("hop").value_or(""))) + line("There was:", measure(info)) +
         line("HTTP/2 code:", info.get("http2_code").value_or("")) +
         line("Target:", info.get("target").value_or("")) +
         line("Attempts:", info.get("attempts").value_or(""));
}

std::string of_reason(const grpc::ErrorReason& entry, const grpc::ErrorInfo& info, const Status& status) {
  return line("What happened:", entry.when) + about_itself(info) + line("What to do:", entry.advice) +
         line("Knob:", info.get("knob").value_or("")) + line("A retry:", advice_on_retry(entry, status)) +
         line("More:", fmt::format("docs/errors.md#{}", info.reason));
}

std::string of_code(const Status& status) {
  const grpc::ErrorReason& entry = grpc::explanation_of(status.code());
  return line("In general:", entry.when) + line("What to do:", entry.advice) +
         line("A retry:", advice_on_retry(entry, status));
}

}  // namespace

std::string explanation(const Status& status) {
  std::string text = status_text(status) + '\n';
  const auto info = grpc::error_info(status);
  if (!info) {
    return text + line("Details:", "none; all that is known is what gRPC means by the code") +
           of_code(status);
  }
  const bool own = info->domain == grpc::kErrorDomain;
  const grpc::ErrorReason* entry = own ? grpc::find_error_reason(info->reason) : nullptr;
  if (entry != nullptr) return text + of_reason(*entry, *info, status);
  return text +
         line("Reason:", fmt::format("{} of {} is none of Parlance's; what gRPC means by the code:",
                                     info->reason, info->domain.empty() ? "no domain" : info->domain)) +
         of_code(status);
}

int explain(std::string_view given) {
  std::string text{given};
  if (given.empty() || given == "-") text.assign(std::istreambuf_iterator<char>{std::cin}, {});
  const std::optional<Status> status = find_error(text);
  if (!status) {
    std::fputs(
        "There is no error in it that can be read. Give the base64 of grpc-status-details-bin, what a "
        "client\n"
        "printed, google.rpc.Status as JSON, a line of the server's log, a reason or a code.\n",
        stderr);
    return kExitData;
  }
  std::fputs(explanation(*status).c_str(), stdout);
  return kExitOk;
}

}  // namespace parlance::app
