#include "rpc/thrown.h"

#include <string>

#include "base/concat.h"
#include "rpc/incoming.h"
#include "rpc/server.h"

namespace parlance::detail {

Status status_of_thrown(std::exception_ptr thrown, Thrower who, std::string_view method,
                        const ServerOptions& options) {
  std::string what = "not a std::exception";
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const MessageError& error) {
    return error.status();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  options.log(LogLevel::kError, concat(to_string(who), " of ", method, " threw: ", what));
  return exception_left(who);
}

}  // namespace parlance::detail
